import Foundation
import TestSupport
import Testing

@testable import ElectraModel
@testable import ElectraPretraining
@testable import ElectraSupport
@testable import ElectraTraining

@Suite struct RunConfigurationTests {
    @Test(arguments: RunConfiguration.presetNames)
    func everyPresetIsValid(name: String) throws {
        try RunConfiguration.preset(name).validate()
    }

    @Test func noTwoFieldsHaveOneKey() {
        let keys = RunConfiguration.fields.map(\.key)
        #expect(Set(keys).count == keys.count)
    }

    /// docs/algorithm.md 1: exact counts of the joint training.
    @Test(arguments: [
        ("small", 14_196_219), ("small++", 23_122_875), ("base", 119_386_427), ("large", 354_655_291),
    ])
    func presetsHaveThePapersSizes(name: String, parameters: Int) throws {
        var run = try RunConfiguration.preset(name)
        run.networks.vocabularySize = 30_522
        #expect(run.layout.count == parameters)
    }

    @Test func untiedEmbeddingsAreTheGeneratorsOwn() throws {
        var run = try RunConfiguration.preset("small")
        run.networks.vocabularySize = 1000
        let shared = run.layout
        run.networks.embeddingSharing = .separate
        let own = run.layout
        #expect(!shared.specifications.contains { $0.name.hasPrefix("generator.electra.embeddings.") })
        let table = try #require(
            own.specifications.first { $0.name == "generator.electra.embeddings.word_embeddings.weight" })
        #expect(table.shape == [1000, 64])
        #expect(!own.specifications.contains { $0.name.hasPrefix("generator.electra.embeddings_project") })
    }

    @Test func theRunFileComesBackAsItWas() throws {
        var run = try RunConfiguration.preset("base")
        run.schedule.peak = 3.3e-4
        run.dropout.hidden = 0.15
        run.seed = 7
        run.data = "a \"quoted\" name"
        let path = temporaryPath("run.json")
        try run.json.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try RunConfiguration.read(from: path) == run)
    }

    @Test func laterSourcesOverrideEarlierOnes() throws {
        let path = temporaryPath("config.json")
        try #"{"preset": "tiny", "learning_rate": 1e-4, "steps": 50, "mask_probability": 0.2}"#
            .write(toFile: path, atomically: true, encoding: .utf8)
        let run = try RunConfiguration.resolve(preset: nil, file: path, options: [("steps", .integer(60))])
        #expect(run.preset == "tiny")
        #expect(run.networks.hiddenSize == 128)
        #expect(run.schedule.peak == 1e-4)
        #expect(run.masking.probability == 0.2)
        #expect(run.steps == 60)
    }

    @Test(arguments: [
        (#"{"steps": 50, "batch": 8, "st\u0065ps": 60}"#, "the field \"steps\" stands twice; leave one out"),
        (#"{"steps": null}"#, "fields with plain values"), (#"{"steps": [50]}"#, "fields with plain values"),
        (#"{"steps": {}}"#, "fields with plain values"), (#"[1]"#, "found something else"),
        (#"{"steps": 050}"#, "found something else"), (#"{"steps": 50} 1"#, "found something else"),
        (#"{"steps": 50.5}"#, "field steps: expected a whole number, found 50.5"),
        (#"{"preset": "none"}"#, "none"),
    ])
    func aRunFileThatIsNoneIsRefused(json: String, reason: String) throws {
        let path = temporaryPath("config.json")
        try json.write(toFile: path, atomically: true, encoding: .utf8)
        let failure = #expect(throws: Failure.self) {
            try RunConfiguration.resolve(preset: nil, file: path, options: [])
        }
        #expect(failure?.description.contains(reason) == true, "\(failure?.description ?? "")")
    }

    @Test func slicesFollowTheBatchUnlessTheyAreSet() throws {
        func slices(_ options: [(key: String, value: ConfigurationValue)]) throws -> Int {
            try RunConfiguration.resolve(preset: "small", file: nil, options: options).division.slices
        }
        #expect(try slices([]) == 16)
        #expect(try slices([("batch", .integer(32))]) == 4)
        #expect(try slices([("batch", .integer(32)), ("slices", .integer(8))]) == 8)
        #expect(try slices([("batch", .integer(30))]) == 3)
        #expect(try slices([("batch", .integer(1))]) == 1)
        #expect(throws: Failure.self) { try slices([("batch", .integer(30)), ("slices", .integer(4))]) }
    }

    @Test(arguments: [
        ("hiden_size", ConfigurationValue.integer(1), "did you mean \"hidden_size\""),
        ("colour", .integer(1), "unknown field \"colour\"; electra-dist"),
        ("hidden_size", .text("wide"), "expected a whole number"),
        ("hidden_size", .number(1.5), "expected a whole number"),
        ("seed", .integer(-1), "not negative"),
        ("disallow_correct", .integer(1), "expected true or false"),
        ("heads", .integer(3), "do not divide"),
        ("generator_heads", .integer(3), "do not divide"),
        ("slices", .integer(7), "use --slices 4"),
        ("max_length", .integer(600), "max_positions"),
        ("max_length", .integer(4), "takes 5"),
        ("mask_probability", .number(0), "between 0 and 1"),
        ("hidden_dropout", .number(1), "expected 0"),
        ("temperature", .integer(0), "above 0"),
        ("temperature", .number(1e-39), "its inverse in a Float"),
        ("on_nonfinite", .text("ignore"), "expected stop or skip"),
        ("steps", .integer(0), "expected 1 to"),
        ("keep", .integer(-1), "expected 0 to"),
        ("precision", .text("f64"), "expected f32 or bf16"),
        ("preset", .text("tiny"), "--preset"),
    ])
    func whatCannotWorkIsRefusedWithTheReason(key: String, value: ConfigurationValue, reason: String) {
        let failure = #expect(throws: Failure.self) {
            try RunConfiguration.resolve(preset: "small", file: nil, options: [(key, value)])
        }
        #expect(failure?.kind == .usage)
        #expect(failure?.description.contains(reason) == true, "\(failure?.description ?? "")")
    }

    @Test func onlyHarmlessFieldsMayChange() throws {
        let run = try RunConfiguration.preset("tiny")
        var other = run
        other.housekeeping.threads = 2
        other.housekeeping.saveEvery = 7
        #expect(run.firstDifference(from: other) == nil)
        other.division.microBatch = 2
        #expect(run.firstDifference(from: other)?.key == "micro_batch")
    }

    private func temporaryPath(_ name: String) -> String {
        FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString)-\(name)").path
    }
}
