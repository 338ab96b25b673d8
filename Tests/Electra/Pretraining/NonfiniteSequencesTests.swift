import Collectives
import Foundation
import TestSupport
import Testing

@testable import ElectraCorpus
@testable import ElectraKernels
@testable import ElectraModel
@testable import ElectraPretraining
@testable import ElectraSupport
@testable import ElectraTraining

/// A position with an embedding whose sum is beyond a Float: sequences that reach it have no finite loss, shorter ones do.
@Suite struct NonfiniteSequencesTests {
    private let place: Workplace
    private let data: DataSet
    private let position = 20

    init() throws {
        place = try Workplace()
        var prepare = PrepareCorpus(
            corpus: [try place.write("corpus.txt", text(documents: 60))], output: place.file("data"))
        prepare.maximumLength = 32
        _ = try prepare.run { _ in }
        data = try DataSet(place.file("data"))
    }

    private func configuration(_ policy: String) throws -> RunConfiguration {
        var run = try RunConfiguration.resolve(
            preset: "tiny", file: nil,
            options: [
                ("max_length", .integer(32)), ("embedding_size", .integer(12)), ("hidden_size", .integer(20)),
                ("layers", .integer(2)), ("heads", .integer(2)), ("feed_forward_size", .integer(36)),
                ("generator_hidden_size", .integer(12)), ("generator_layers", .integer(1)),
                ("generator_feed_forward_size", .integer(24)), ("batch", .integer(12)), ("slices", .integer(6)),
                ("micro_batch", .integer(2)), ("steps", .integer(5)), ("warmup", .integer(2)),
                ("log_every", .integer(1)), ("evaluate_every", .integer(0)), ("save_every", .integer(2)),
                ("on_nonfinite", .text(policy)),
            ])
        try run.take(data)
        return run
    }

    /// A run that stopped after two steps, with the large embedding in its checkpoint.
    private func makeRun(_ configuration: RunConfiguration, positions: Range<Int>) throws -> RunFolder {
        let folder = RunFolder(place.file("run"))
        _ = try Pretraining.run(configuration, folder: folder, data: data, communicator: .alone).run()
        try FileManager.default.removeItem(atPath: place.file("run/checkpoints"))
        let layout = configuration.layout
        let parameters = FlatBuffer(count: layout.count)
        Initialization.fill(parameters, layout: layout, seed: 1, part: 0..<layout.count)
        let table = try #require(layout.specifications.first { $0.name.contains("position_embeddings") })
        let width = table.shape[1]
        for element in positions.lowerBound * width..<positions.upperBound * width {
            parameters.base[table.offset + element] = 3e38
        }
        let ownership = Ownership(count: layout.count, ranks: 1)
        try CheckpointWriter(
            folder: folder.checkpoints, communicator: .alone, layout: layout, ownership: ownership
        )
        .write(
            step: 2, configuration: configuration, parameters: parameters,
            optimizer: configuration.optimizer.makeOptimizer(layout.groups(), owning: ownership.owned(by: 0)), keep: 0)
        return folder
    }

    private func goOn(_ configuration: RunConfiguration, _ folder: RunFolder, threads: Int) throws -> String {
        var configuration = configuration
        configuration.housekeeping.threads = threads
        let pretrainer = try Pretraining.run(configuration, folder: folder, data: data, communicator: .alone)
        try pretrainer.run()
        return pretrainer.fingerprint
    }

    private func written() throws -> [[String: Any]] {
        try String(decoding: place.bytes("run/not-finite.jsonl"), as: UTF8.self).split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test func aStepStopsAndNamesItsSequences() throws {
        let configuration = try configuration("stop")
        let folder = try makeRun(configuration, positions: position..<position + 1)
        let failure = #expect(throws: Failure.self) { try goOn(configuration, folder, threads: 1) }
        let text = failure?.description ?? ""
        #expect(failure?.kind == .software)
        #expect(text.contains("step 3: the loss is not finite") && text.contains("--on-nonfinite skip"), "\(text)")
        let lines = try written()
        #expect(
            text.contains(" of \(lines.count) of 12 sequences, number \(lines[0]["sequence"] as? Int ?? -1): \""),
            "\(text)")
        for line in lines {
            let number = try #require(line["sequence"] as? Int)
            #expect(data.train.length(of: number) > position)
            #expect(line["text"] as? String == data.vocabulary.text(of: try data.train.sequence(number).ids))
            #expect(line["step"] as? Int == 3)
        }
        // All of them: which are in the step is told by the order of the epoch.
        let order = EpochOrder(seed: configuration.seed, count: data.train.count)
        let expected = (24..<36).map(order.sequenceIndex(at:)).filter { data.train.length(of: $0) > position }
        #expect(lines.compactMap { $0["sequence"] as? Int } == expected)
        #expect((1..<12).contains(expected.count))
    }

    @Test func suchStepsAreSkippedWithTheSameBitsOnAnyNumberOfLanes() throws {
        let configuration = try configuration("skip")
        var fingerprints: Set<String> = []
        for threads in [1, 3] {
            let folder = try makeRun(configuration, positions: position..<position + 1)
            fingerprints.insert(try goOn(configuration, folder, threads: threads))
            let steps = Set(try written().compactMap { $0["step"] as? Int })
            #expect(steps == [3, 4, 5])
            // No loss, no gradient, and the schedule goes on.
            let log = String(decoding: try place.bytes("run/metrics.jsonl"), as: UTF8.self).split(separator: "\n")
            #expect(log.count == 5)
            #expect(log[3].contains(#""mlm_loss": null"#) && log[3].contains(#""gradient_norm": null"#), "\(log[3])")
            try FileManager.default.removeItem(atPath: place.file("run"))
        }
        #expect(fingerprints.count == 1)
    }

    @Test func weightsThatRanAwayAreNotSkipped() throws {
        let configuration = try configuration("skip")
        let folder = try makeRun(configuration, positions: 0..<1)
        let failure = #expect(throws: Failure.self) { try goOn(configuration, folder, threads: 1) }
        #expect(failure?.description.contains("of all 12 sequences") == true, "\(failure?.description ?? "")")
        #expect(failure?.description.contains("lower learning_rate") == true)
    }
}
