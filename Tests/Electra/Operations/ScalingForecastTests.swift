import ElectraKernels
import ElectraModel
import ElectraPretraining
import ElectraSupport
import ElectraTraining
import Foundation
import TestSupport
import Testing

@testable import ElectraOperations

@Suite struct ScalingForecastTests {
    static func outline(
        batch: Int = 128, slices: Int = 32, preset: String = "small",
        fields: [(key: String, value: ConfigurationValue)] = []
    ) throws -> RunOutline {
        var run = try RunConfiguration.resolve(
            preset: preset, file: nil, options: [("batch", .integer(batch)), ("slices", .integer(slices))] + fields)
        run.networks.vocabularySize = 30_522
        return RunOutline(run)
    }

    /// Of a report with what is given.
    static func rates(_ rank: String, precision: ProductPrecision = .f32) throws -> NodeRates {
        let folder = try Workplace()
        let path = try folder.write("doctor.json", "{\"ranks\": [\(rank)]}")
        return try NodeRates(report: path, precision)
    }

    static let rank = """
        {"gigaflops_per_second": 200, "memory_gigabytes_per_second": 10, "machine": {"memory": 64000000000}, "training":
        [{"preset": "small", "precision": "f32", "gigaflops_per_second": 100}]}
        """

    func forecast(
        _ outline: RunOutline, nodes: Int, ranksPerNode: Int = 1, lanes: Int = 32, network: String = "10gbit"
    ) throws -> StepForecast {
        StepForecast(
            outline, on: LaneLayout(nodes: nodes, ranksPerNode: ranksPerNode, lanesPerRank: lanes),
            try Self.rates(Self.rank), try Network(name: network))
    }

    /// 12 layers of 256 and 12 of 64 on 128 tokens, 19 of them guessed out of 30,522: three times 2,995 M operations.
    @Test func aRunIsOutlinedWithoutMemoryForIt() throws {
        let outline = try Self.outline()
        #expect(outline.step.parameters == outline.run.layout.count)
        #expect(outline.step.trained == outline.step.parameters)
        #expect(outline.step.stages.reduce(0, +) == outline.step.trained)
        #expect(outline.step.buckets(ranks: 4).reduce(0) { $0 + $1.elements } == outline.step.trained)
        #expect(abs(outline.operationsPerSequence / 8.984e9 - 1) < 1e-3)
        // The embeddings come last.
        #expect(outline.step.stages.last ?? 0 > 30_522 * 128)
    }

    @Test func oneNodeComputesAndNothingElse() throws {
        let outline = try Self.outline()
        let step = try forecast(outline, nodes: 1)
        #expect(abs(step.passes - 4 * outline.operationsPerSequence / 100e9) < 1e-9)
        #expect(step.waiting == 0 && step.exchange == 0 && step.linkBytes == 0 && step.agreements == 0)
        // A quarter of the lanes takes four times as long for the passes.
        #expect(try abs(forecast(outline, nodes: 1, lanes: 8).passes / step.passes - 4) < 1e-9)
    }

    @Test(arguments: [2, 4, 64])
    func gradientsAndParametersGoThroughTheLinkOnce(nodes: Int) throws {
        let outline = try Self.outline(batch: 128 * nodes, slices: 32 * nodes)
        let step = try forecast(outline, nodes: nodes)
        let bytes = 2 * 4 * Double(outline.step.trained) * Double(nodes - 1) / Double(nodes)
        #expect(abs(step.linkBytes / bytes - 1) < 1e-9)
        #expect(step.waiting > 0 && step.waiting < step.exchange)
        // Two ranks a node share the link.
        #expect(try forecast(outline, nodes: nodes, ranksPerNode: 2, lanes: 16).linkBytes == step.linkBytes)
        // A link ten times as fast.
        #expect(try abs(step.exchange / forecast(outline, nodes: nodes, network: "1gbit").exchange - 0.1) < 1e-9)
    }

    /// Twelve layers of 256 have 9.4 M weights, of 64 0.6 M.
    @Test func halvesTakeHalfOfTheLink() throws {
        let bytes = try forecast(Self.outline(), nodes: 4).linkBytes
        let sums = try forecast(Self.outline(fields: [("gradient_wire", .text("bf16"))]), nodes: 4).linkBytes
        #expect(abs(sums / bytes - 0.75) < 1e-9)
        let parameters = try forecast(Self.outline(fields: [("precision", .text("bf16"))]), nodes: 4).linkBytes
        let weights = 12 * 12 * Double(256 * 256 + 64 * 64)
        #expect(abs(bytes - parameters - 0.75 * 2 * weights) < 1)
    }

    /// Two layers, half a second each on the way up and down, and embeddings. A bucket of all hides nothing; of three, one
    /// is computed while the next one travels.
    @Test func whatHasArrivedIsComputedMeanwhile() {
        let stages = [100, 100, 50]
        func up(_ buckets: [Double], _ ends: [Int]) -> Double {
            StepForecast.travel(up: buckets, of: ends, stages: stages, forward: 1).waiting
        }
        func down(_ buckets: [Double], _ ends: [Int]) -> Double {
            StepForecast.travel(down: buckets, of: ends, stages: stages, backward: 1).waiting
        }
        #expect(up([3], [2]) == 3 && down([3], [2]) == 3)
        #expect(up([0.375, 0.375, 0.25], [0, 1, 2]) == 0.625 && down([0.375, 0.375, 0.25], [0, 1, 2]) == 0.625)
        #expect(up([1, 1, 1], [0, 1, 2]) == 2.5 && down([1, 1, 1], [0, 1, 2]) == 2.5)
        // The first two are one.
        #expect(up([2, 1], [1, 2]) == 3 && down([2, 1], [1, 2]) == 3)
    }

    @Test func aLargerMicroBatchHidesMore() throws {
        let small = try forecast(Self.outline(batch: 512, slices: 512), nodes: 4)
        let large = try forecast(Self.outline(batch: 512, slices: 128), nodes: 4)
        #expect(large.waiting < small.waiting)
    }

    /// Three hosts of 64 slices: docs/clusters.md.
    @Test func oddNumbersOfNodesSendMoreWhereLanesAreFew() throws {
        let outline = try Self.outline(batch: 192, slices: 64)
        #expect(try forecast(outline, nodes: 3).sums == 1)
        func note(hosts: Int, lanes: Int) -> String? {
            SlicePlan.noteOnSums(outline.run.division, hosts: hosts, ranksPerHost: 1, lanes: lanes)
        }
        #expect(note(hosts: 3, lanes: 1)?.contains("--slices 48") == true)
        #expect(note(hosts: 4, lanes: 1) == nil)
        // 32, 16 and 16 take no longer than 22, 21 and 21.
        #expect(note(hosts: 3, lanes: 16) == nil)
    }

    @Test func lanesWithoutASliceLimit() throws {
        let outline = try Self.outline(batch: 64, slices: 64)
        let forecast = ScalingForecast(
            outline, on: LaneLayout(nodes: 4, ranksPerNode: 1, lanesPerRank: 32), try Self.rates(Self.rank),
            try Network(name: "100gbit"))
        #expect(forecast.rows.map(\.nodes) == [1, 2, 4])
        #expect(forecast.chosen.limit == .idleLanes)
        #expect(forecast.lastWorthwhile == 2)
        #expect(forecast.notes.contains { $0.contains("64 of 128 lanes") })
        #expect(forecast.notes.contains { $0.contains("more than 2 nodes") })
        #expect(forecast.rows[1].weak.efficiency > 0.9)
    }

    @Test func moreNodesThanSlicesHaveTheGrownBatchOnly() throws {
        let forecast = ScalingForecast(
            try Self.outline(batch: 8, slices: 2), on: LaneLayout(nodes: 3, ranksPerNode: 1, lanesPerRank: 2),
            try Self.rates(Self.rank), try Network(name: "hdr"))
        #expect(forecast.rows.map { $0.strong == nil } == [false, false, true])
        #expect(forecast.text.contains("3 nodes, batch x 3"))
        #expect(try JSON(parsing: forecast.json.compact.utf8)["rows"]?.list?.count == 3)
    }

    @Test func theSlowestRankCounts() throws {
        let two = Self.rank + "," + Self.rank.replacingOccurrences(of: "100}", with: "80}")
        #expect(try Self.rates(two).operationsPerSecond == 80e9)
        #expect(try Self.rates(Self.rank).preset == "small")
    }

    /// Reports of before, and ranks without memory for steps.
    @Test func withoutMeasuredStepsProductsCount() throws {
        let rates = try Self.rates("{\"gigaflops_per_second\": 200, \"memory_gigabytes_per_second\": 10}")
        #expect(rates.operationsPerSecond == 160e9)
        #expect(rates.preset == nil && rates.memory == nil)
    }

    @Test func whatIsNoReportIsRefused() throws {
        for (rank, precision, problem) in [
            ("", ProductPrecision.f32, "expected what"), ("{}", .f32, "no rate"), (Self.rank, .bf16, "no rate"),
            ("{\"gigaflops_per_second\": 200}", .f32, "no memory_gigabytes_per_second"),
        ] {
            let failure = #expect(throws: Failure.self) { try Self.rates(rank, precision: precision) }
            #expect("\(String(describing: failure))".contains(problem))
        }
    }

    @Test(arguments: ["10gbit", "2.5gbit", "300mbit", "HDR"])
    func networksHaveNames(name: String) throws { #expect(try Network(name: name).name == name.lowercased()) }

    @Test(arguments: ["", "gbit", "-1gbit", "0gbit", "10", "1e9gbit", "nangbit", "token-ring"])
    func whatIsNoNetworkIsRefused(name: String) {
        #expect(throws: Failure.self) { try Network(name: name) }
    }
}
