import Collectives
import Foundation
import TestSupport
import Testing

@testable import ElectraCorpus
@testable import ElectraHuggingFace
@testable import ElectraPretraining
@testable import ElectraSupport
@testable import ElectraTraining

/// What a run is told when it is to go on with something else, and what it keeps of evaluations.
@Suite struct RunHistoryTests {
    private let place: Workplace
    private let data: DataSet
    private static let small: [(key: String, value: ConfigurationValue)] = [
        ("max_length", .integer(32)), ("embedding_size", .integer(12)), ("hidden_size", .integer(20)),
        ("layers", .integer(2)), ("heads", .integer(2)), ("feed_forward_size", .integer(36)),
        ("generator_hidden_size", .integer(12)), ("generator_layers", .integer(1)),
        ("generator_feed_forward_size", .integer(24)), ("batch", .integer(4)), ("slices", .integer(2)),
        ("micro_batch", .integer(2)), ("save_every", .integer(2)), ("evaluate_every", .integer(0)),
    ]

    init() throws {
        place = try Workplace()
        data = try Self.prepare("data", text(documents: 60), in: place)
    }

    private static func prepare(
        _ name: String, _ text: String, vocabulary: String? = nil, length: Int = 32, heldOut: Double = 0.1,
        in place: Workplace
    ) throws -> DataSet {
        let corpus = try place.write("\(name).txt", text)
        var prepare = PrepareCorpus(corpus: [corpus], output: place.file(name))
        prepare.maximumLength = length
        prepare.heldOutFraction = heldOut
        prepare.vocabularySize = 200
        prepare.vocabulary = try vocabulary.map { try NamedVocabulary($0) }
        _ = try prepare.run { _ in }
        return try DataSet(place.file(name))
    }

    private func options(_ more: [(String, ConfigurationValue)] = []) -> [(key: String, value: ConfigurationValue)] {
        Self.small + [("steps", .integer(4)), ("warmup", .text("25%"))] + more.map { (key: $0.0, value: $0.1) }
    }

    @discardableResult
    private func train(
        _ name: String = "run", _ more: [(String, ConfigurationValue)] = [], from initialWeights: InitialWeights? = nil,
        file: String? = nil
    ) throws -> String {
        let folder = RunFolder(place.file(name))
        let run = try folder.resolve(
            preset: nil, initialWeights: initialWeights, file: file, options: options(more), data: data)
        let pretrainer = try Pretraining.run(
            run, folder: folder, data: data, initialWeights: initialWeights, communicator: .alone)
        try pretrainer.run()
        return pretrainer.fingerprint
    }

    private func refusal(
        _ more: [(String, ConfigurationValue)], data: DataSet? = nil, file: String? = nil
    ) throws -> String {
        let failure = try #require(throws: Failure.self) {
            try RunFolder(place.file("run")).resolve(
                preset: nil, file: file, options: options(more), data: data ?? self.data)
        }
        #expect(failure.kind == .usage && !failure.description.contains("\n"))
        return failure.description
    }

    @Test func otherStepsAreANewRun() throws {
        try train()
        let longer = try refusal([("steps", .integer(10))])
        #expect(
            longer.contains("started with steps 4, not 10")
                && longer.hasSuffix(
                    "electra-dist pretrain --data DATA --run NEW --from-run \(place.file("run")) --steps 6"),
            "\(longer)")
        // A warm-up in steps that goes with them is no other difference; a seed is.
        #expect(try refusal([("steps", .integer(10)), ("warmup", .integer(3))]).contains("--steps 6"))
        #expect(try refusal([("steps", .integer(10)), ("seed", .integer(3))]).contains("started with seed 42, not 3"))
        #expect(try refusal([("warmup", .integer(3))]).contains("started with warmup 1, not 3"))
        let shorter = try refusal([("steps", .integer(3))])
        #expect(shorter.contains("started with steps 4, not 3") && shorter.contains("leave --steps out"), "\(shorter)")
    }

    /// The way that is named leads there.
    @Test func theWayToMoreStepsIsOne() throws {
        try train()
        let weights = try #require(
            try InitialWeights(discriminator: nil, generator: nil, run: place.file("run"), keepsMoments: true))
        let folder = RunFolder(place.file("more"))
        let run = try folder.resolve(
            preset: nil, initialWeights: weights, file: nil, options: [("steps", .integer(6))], data: data)
        #expect(
            run.steps == 6 && run.division.batch == 4 && run.networks.hiddenSize == 20
                && run.initialWeights == weights.fingerprint)
        let pretrainer = try Pretraining.run(
            run, folder: folder, data: data, initialWeights: weights, communicator: .alone)
        try pretrainer.run()
        // And the same command again goes on.
        #expect(
            try folder.resolve(
                preset: nil, initialWeights: weights, file: nil, options: [("steps", .integer(6))], data: data) == run)
        let other = #expect(throws: Failure.self) {
            try RunFolder(place.file("run")).resolve(
                preset: nil, initialWeights: weights, file: nil, options: [], data: data)
        }
        #expect(
            other?.description.contains("this run started at random, and not from those of --from-discriminator")
                == true)
    }

    /// Folders and files, and in what they differ; no fingerprints.
    @Test(arguments: [
        ("other text", 5, 32, 0.1, ""), ("shorter", 0, 24, 0.1, "in sequences of up to 24 tokens, not 32"),
        ("another share", 0, 32, 0.2, "of which 0.2 held out, not 0.1"),
    ])
    func otherDataAreNamed(name: String, more: Int, length: Int, heldOut: Double, difference: String) throws {
        try train()
        let folder = name.replacing(" ", with: "-")
        let other = try Self.prepare(
            folder, text(documents: 60 + more), vocabulary: place.file("data/vocab.txt"), length: length,
            heldOut: heldOut,
            in: place)
        let text = try refusal([], data: other)
        #expect(
            text.contains("this run was trained on the data of \(place.file("data")) (data.txt; 60 documents, "),
            "\(text)")
        #expect(
            text.contains("--data names \(place.file(folder)) (\(folder).txt; \(60 + more) documents, ")
        )
        #expect(
            text.contains(difference.isEmpty ? "tokens to train on)" : "tokens to train on, \(difference))"), "\(text)")
        #expect(!text.contains(other.identity) && !text.contains(data.identity))
        // A file of another run's fields names other data, too; what counts is --data.
        let file = try place.write("config.json", #"{"data": "0123456789abcdef", "initial_weights": "0123"}"#)
        _ = try RunFolder(place.file("run")).resolve(preset: nil, file: file, options: options(), data: data)
    }

    @Test func dataThatWerePreparedAnewAreSaidToBe() throws {
        try train()
        let again = try Self.prepare("data", text(documents: 70), vocabulary: nil, in: place)
        let text = try refusal([], data: again)
        #expect(
            text.contains("on what \(place.file("data")) held before (data.txt; 60 documents, ")
                && text.contains("it is now data.txt; 70 documents") && text.contains("with another vocabulary"),
            "\(text)")
    }

    @Test func aRunOfBeforeKnowsNoFolder() throws {
        try train()
        let starts = try String(decoding: place.bytes("run/starts.jsonl"), as: UTF8.self)
        try place.write("run/starts.jsonl", starts.replacing(/"data":"[^"]*",?/, with: ""))
        #expect(RunFolder(place.file("run")).starts().count == 1)
        let other = try Self.prepare("other", text(documents: 65), in: place)
        #expect(try refusal([], data: other).contains("trained on the data of another folder (data.txt; 60 documents"))
    }

    // MARK: - Evaluations

    private func evaluate(_ path: String, on data: DataSet) throws -> Metrics {
        let checkpoint = try RunCheckpoint.open(place.file(path))
        let evaluator = try Evaluator(checkpoint: checkpoint, data: data, threads: 1, communicator: .alone)
        let metrics = try evaluator.metrics()
        try evaluator.record(metrics)
        #expect((evaluator.otherData == nil) == (data.identity == self.data.identity))
        return metrics
    }

    private func card(_ path: String) throws -> String {
        try HuggingFaceExport(place.file(path)).write(to: place.file("model"))
        return String(decoding: try place.bytes("model/discriminator/README.md"), as: UTF8.self)
    }

    private func card(_ path: String, says words: String...) throws -> Bool {
        let card = try card(path)
        return words.allSatisfy { card.contains($0) }
    }

    private func row(_ metrics: Metrics) -> String { String(format: "| MLM loss | %.4f |", metrics.mlmLoss) }

    @Test func aModelCardKnowsWhatEvaluateMeasured() throws {
        let fingerprint = try train()
        let log = try place.bytes("run/metrics.jsonl")
        #expect(try card("run").contains("It was not evaluated on held-out text."))
        let first = "run/checkpoints/step-00000002"
        let older = try evaluate(first, on: data)
        // Another checkpoint's are not this one's.
        #expect(try card("run").contains("It was not evaluated on held-out text."))
        #expect(try card(first, says: "Held-out text:\n\n", row(older)))

        let foreign = try Self.prepare(
            "foreign", text(documents: 50), vocabulary: place.file("data/vocab.txt"), in: place)
        let elsewhere = try evaluate("run", on: foreign)
        #expect(try card("run", says: "Held-out text, of foreign.txt:", row(elsewhere)))
        let own = try evaluate("run", on: data)
        _ = try evaluate("run", on: foreign)
        #expect(try card("run", says: "Held-out text:\n\n", row(own)))
        let lines = RunFolder(place.file("run")).heldOutLines(try RunCheckpoint.open(place.file("run")))
        #expect(lines.count > 1 && lines[0].hasPrefix("step 4: MLM loss \(decimal(own.mlmLoss, 3)), "))

        // The run is as it was, and goes on as it would have.
        #expect(try place.bytes("run/metrics.jsonl") == log)
        try FileManager.default.removeItem(atPath: place.file("run/checkpoints/step-00000004"))
        #expect(try train() == fingerprint)
    }

    /// With evaluations of its own: that of this step, or else `evaluate`'s, or else an earlier one.
    @Test func theNearestFiguresAreTaken() throws {
        try train("run", [("evaluate_every", .integer(2))])
        let log = MetricsLog(path: place.file("run/metrics.jsonl"))
        let (second, fourth) = (try #require(log.lastHeldOut(upTo: 2)), try #require(log.lastHeldOut()))
        #expect(second.step == 2 && fourth.step == 4 && log.lastHeldOut(upTo: 1) == nil)
        #expect(try card("run", says: "Held-out text:\n\n", row(fourth.metrics)))
        #expect(try card("run/checkpoints/step-00000002").contains(row(second.metrics)))
        let foreign = try Self.prepare(
            "foreign", text(documents: 50), vocabulary: place.file("data/vocab.txt"), in: place)
        _ = try evaluate("run", on: foreign)
        #expect(try card("run", says: row(fourth.metrics), "Held-out text:\n\n"))
        // As if the run had been stopped before the last evaluation.
        #expect(try log.truncate(afterStep: 3) == 0)
        let elsewhere = try evaluate("run", on: foreign)
        #expect(try card("run", says: row(elsewhere), "Held-out text, of foreign.txt:"))
        try FileManager.default.removeItem(atPath: place.file("run/evaluations.jsonl"))
        #expect(try card("run", says: row(second.metrics), "Held-out text, after step 2:"))
    }

    /// A disk that is full, or a crash.
    @Test func aLineThatIsCutIsPassedOver() throws {
        try train()
        let whole = try evaluate("run", on: data)
        let line = try String(decoding: place.bytes("run/evaluations.jsonl"), as: UTF8.self)
        try place.write("run/evaluations.jsonl", "\(line.dropLast(40))\n\(line)\(line.dropLast(20))")
        #expect(try card("run").contains(row(whole)))
        try place.write("run/evaluations.jsonl", String(line.dropLast(20)))
        #expect(try card("run").contains("It was not evaluated"))
    }

    @Test func whatCannotBeKeptIsSaid() throws {
        try train()
        try FileManager.default.createDirectory(
            atPath: place.file("run/evaluations.jsonl"), withIntermediateDirectories: false)
        let failure = #expect(throws: Failure.self) { try evaluate("run", on: data) }
        #expect(failure?.description.contains("run/evaluations.jsonl: a folder is in the way") == true)
    }

    // MARK: - A time

    /// Whatever was measured, the run is that of its steps and warm-up, typed.
    @Test func aTimeIsStepsThatWereTyped() throws {
        let draft = try RunConfiguration.resolve(preset: "tiny", file: nil, options: Self.small)
        var taken = draft
        try taken.take(data)
        let budget = try TimeBudget.measure(taken, minutes: 0.001, data: data, communicator: .alone)
        #expect(budget.steps >= 2)
        // A fast machine's steps would take long in a test.
        let few = TimeBudget(minutes: 1, speed: .init(step: 10, evaluatedSequence: 0, save: 0), run: taken)
        func train(_ name: String, _ options: [(key: String, value: ConfigurationValue)]) throws -> String {
            let folder = RunFolder(place.file(name))
            let run = try folder.resolve(preset: "tiny", file: nil, options: options, data: data)
            let pretrainer = try Pretraining.run(run, folder: folder, data: data, communicator: .alone)
            try pretrainer.run()
            #expect(try folder.configuration() == run && run.steps == 6 && run.schedule.warmup == 1)
            return pretrainer.fingerprint
        }
        let fingerprint = try train("measured", few.options + Self.small)
        #expect(try train("typed", Self.small + [("steps", .integer(6)), ("warmup", .integer(1))]) == fingerprint)
        #expect(try train("measured", Self.small) == fingerprint)
    }
}
