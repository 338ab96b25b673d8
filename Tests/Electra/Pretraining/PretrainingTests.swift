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

/// Whole runs, on a group of one: what a step computes does not depend on who computes it, and a run goes on where it
/// stopped. The same over several ranks, and through kill -9, is tested from the command line.
@Suite struct PretrainingTests {
    private let place: Workplace
    private let data: DataSet

    init() throws {
        place = try Workplace()
        let corpus = try place.write("corpus.txt", text(documents: 60))
        var prepare = PrepareCorpus(corpus: [corpus], output: place.file("data"))
        prepare.maximumLength = 32
        prepare.heldOutFraction = 0.1
        _ = try prepare.run { _ in }
        data = try DataSet(place.file("data"))
    }

    private func configuration(_ changes: [(String, ConfigurationValue)] = []) throws -> RunConfiguration {
        let small: [(String, ConfigurationValue)] = [
            ("max_length", .integer(32)), ("embedding_size", .integer(12)), ("hidden_size", .integer(20)),
            ("layers", .integer(2)), ("heads", .integer(2)), ("feed_forward_size", .integer(36)),
            ("generator_hidden_size", .integer(12)), ("generator_layers", .integer(1)),
            ("generator_feed_forward_size", .integer(24)), ("batch", .integer(12)), ("slices", .integer(6)),
            ("micro_batch", .integer(2)), ("steps", .integer(6)), ("warmup", .integer(2)),
        ]
        var run = try RunConfiguration.resolve(preset: "tiny", file: nil, options: small + changes)
        try run.take(data)
        return run
    }

    private func train(
        _ configuration: RunConfiguration, in run: String, threads: Int = 1
    ) throws -> (fingerprint: String, log: [[String: Any]]) {
        var configuration = configuration
        configuration.housekeeping.threads = threads
        let folder = RunFolder(place.file(run))
        let pretrainer = try Pretraining.run(configuration, folder: folder, data: data, communicator: .alone)
        try pretrainer.run()
        let lines = String(decoding: try place.bytes("\(run)/metrics.jsonl"), as: UTF8.self).split(separator: "\n")
        return (
            pretrainer.fingerprint,
            try lines.map { try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
        )
    }

    @Test func anyNumberOfLanesGivesTheSameBits() throws {
        let configuration = try configuration()
        let alone = try train(configuration, in: "run1").fingerprint
        for threads in [2, 3, 4, 7] {
            #expect(try train(configuration, in: "run\(threads)", threads: threads).fingerprint == alone)
        }
        let other = try self.configuration([("seed", .integer(43))])
        #expect(try train(other, in: "other").fingerprint != alone)
    }

    /// A run whose newest checkpoints are gone is one that crashed after the oldest.
    @Test func aRunGoesOnFromItsNewestCheckpoint() throws {
        let configuration = try configuration([("save_every", .integer(2)), ("log_every", .integer(1))])
        let whole = try train(configuration, in: "run")
        for step in [4, 6] {
            try FileManager.default.removeItem(atPath: place.file("run/checkpoints/step-0000000\(step)"))
        }
        let resumed = try train(configuration, in: "run", threads: 2)
        #expect(resumed.fingerprint == whole.fingerprint)
        let steps = resumed.log.filter { $0["split"] as? String == "train" }.compactMap { $0["step"] as? Int }
        #expect(steps == Array(1...6))
        // Losses and norms of the steps that were done twice are the same to the last digit.
        for (first, second) in zip(whole.log, resumed.log) {
            for key in ["total_loss", "mlm_loss", "disc_loss", "gradient_norm", "disc_auc"] {
                #expect(first[key] as? Double == second[key] as? Double)
            }
        }
    }

    @Test(arguments: [
        [("share_embeddings", ConfigurationValue.flag(false))],
        [("uniform_generator", .flag(true))],
        [("disallow_correct", .flag(true))],
        [("mask_with_replacement", .flag(true))],
        [("temperature", .number(0.7))],
        [("bias_correction", .flag(true))],
        [("clipping_norm", .integer(0)), ("weight_decay", .integer(0))],
        [("generator_weight", .integer(2)), ("discriminator_weight", .integer(10))],
        [("hidden_dropout", .integer(0)), ("attention_dropout", .integer(0))],
        [("hidden_size", .integer(12))],
    ])
    func everyChoiceTrainsAndChangesTheResult(changes: [(String, ConfigurationValue)]) throws {
        let (fingerprint, log) = try train(try configuration(changes), in: "run")
        for line in log {
            for key in ["total_loss", "mlm_loss", "disc_loss"] {
                #expect((line[key] as? Double)?.isFinite == true)
            }
        }
        #expect(try train(try configuration(), in: "plain").fingerprint != fingerprint)
        #expect(try train(try configuration(changes), in: "again", threads: 3).fingerprint == fingerprint)
        if changes.contains(where: { $0.0 == "disallow_correct" }) {
            #expect(log.allSatisfy { $0["sampled_masked_lm_accuracy"] as? Double == 0 })
        }
    }

    @Test func aRunThatDivergesStopsBeforeTheUpdateAndKeepsItsState() throws {
        let configuration = try configuration([("learning_rate", .number(1e30)), ("warmup", .integer(0))])
        let failure = #expect(throws: Failure.self) { try train(configuration, in: "run") }
        #expect(failure?.kind == .software)
        let text = failure?.description ?? ""
        #expect(text.contains("is not finite") && text.contains("diverged/checkpoints/step-"), "\(text)")
        let states = try FileManager.default.contentsOfDirectory(atPath: place.file("run/diverged/checkpoints"))
        #expect(states.count == 1)
        try RunCheckpoint(place.file("run/diverged/checkpoints/\(states[0])")).verify()
    }

    @Test func aStepOfTheReferenceScheduleHasRateZeroFirst() throws {
        let configuration = try configuration([("steps", .integer(1)), ("evaluate_every", .integer(0))])
        let log = try train(configuration, in: "run").log
        #expect(log[0]["learning_rate"] as? Double == 0)
        // Only the moments changed.
        let fresh = FlatBuffer(count: configuration.layout.count)
        Initialization.fill(
            fresh, layout: configuration.layout, seed: configuration.seed, part: 0..<fresh.count)
        let checkpoint = try RunCheckpoint(place.file("run/checkpoints/step-00000001"))
        #expect(checkpoint.manifest.fingerprint == Fingerprint(of: fresh.base, count: fresh.count).description)
    }

    @Test func aDamagedOrForeignCheckpointIsRefused() throws {
        let configuration = try configuration()
        _ = try train(configuration, in: "run")
        let folder = "run/checkpoints/step-00000006"
        let moments = try place.bytes("\(folder)/adam_v.safetensors")

        var damaged = moments
        damaged[damaged.count - 5] ^= 1
        try place.write("\(folder)/adam_v.safetensors", damaged)
        expectRefusal(configuration, saying: "the file is damaged")

        try place.write("\(folder)/adam_v.safetensors", Array(moments.dropLast(100)))
        expectRefusal(configuration, saying: "bytes")

        try place.write("\(folder)/adam_v.safetensors", moments)
        expectRefusal(try self.configuration([("layers", .integer(3))]), saying: "another run")
        #expect(try train(configuration, in: "run").log.count > 0)
    }

    private func expectRefusal(_ configuration: RunConfiguration, saying reason: String) {
        let failure = #expect(throws: AgreedFailure.self) { try train(configuration, in: "run") }
        #expect(failure?.exitCode == Failure.Kind.badData.rawValue)
        #expect(failure?.message.contains(reason) == true, "\(failure?.message ?? "")")
        #expect(failure?.message.contains("run/checkpoints/step-00000006") == true)
    }
}
