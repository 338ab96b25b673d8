import Foundation
import TestSupport
import Testing

@testable import ElectraPretraining
@testable import ElectraTraining

/// metrics.jsonl: lines that every reader of JSON takes, whatever the numbers.
@Suite struct MetricsLogTests {
    private let place: Workplace
    private let log: MetricsLog

    init() throws {
        place = try Workplace()
        log = MetricsLog(path: place.file("metrics.jsonl"))
    }

    private func entry(step: Int, loss: Double, norm: Double?) -> MetricsLog.Entry {
        let counts = [Int64](repeating: 0, count: MetricCounts.size)
        let metrics = Metrics(counts: counts, mlmLoss: loss, discLoss: 0.25, options: ObjectiveOptions())
        return MetricsLog.Entry(
            step: step, split: "train", metrics: metrics, gradientNorm: norm, tokensPerSecond: 1234.5678, seconds: 2)
    }

    @Test func numbersHaveSevenDigits() {
        let line = entry(step: 3, loss: 1.0 / 3, norm: 1e-9).json
        #expect(line.hasPrefix("{\"step\": 3, \"split\": \"train\", \"total_loss\": "))
        #expect(line.contains("\"mlm_loss\": 0.3333333, ") && line.contains("\"gradient_norm\": 1e-09, "))
        #expect(line.hasSuffix("\"tokens_per_second\": 1234.568, \"seconds\": 2}\n"))
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func aNumberThatIsNotFiniteIsNull(number: Double) throws {
        try log.append(entry(step: 4, loss: number, norm: number))
        try log.append(entry(step: 5, loss: 1, norm: 2))
        // A line that is no JSON would count as one that cannot be read.
        #expect(try log.truncate(afterStep: 4) == 0)
        let lines = String(decoding: try place.bytes("metrics.jsonl"), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 1)
        let object = try #require(
            lines.first.flatMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] })
        #expect(object["mlm_loss"] is NSNull && object["gradient_norm"] is NSNull)
        #expect(object["disc_loss"] as? Double == 0.25)
    }

    /// A crash cuts the last line; what else cannot be read is somebody's, and no reason to lose it.
    @Test(arguments: [
        ("{\"step\": 1}\nmine\n{\"step\": 2}\n{\"step\": 3}\n{\"st", "{\"step\": 1}\nmine\n{\"step\": 2}\n", 1),
        ("\u{0}\n\n{\"step\": \"2\"}\n{\"step\": 9}\n", "\u{0}\n\n{\"step\": \"2\"}\n", 3), ("", "", 0),
        ("{\"step\": 1}", "", 0),
    ])
    func linesThatCannotBeReadStay(before: String, after: String, unknown: Int) throws {
        try place.write("metrics.jsonl", before)
        #expect(try log.truncate(afterStep: 2) == unknown)
        #expect(String(decoding: try place.bytes("metrics.jsonl"), as: UTF8.self) == after)
    }
}
