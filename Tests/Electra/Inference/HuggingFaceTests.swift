import Collectives
import Foundation
import TestSupport
import Testing

@testable import ElectraCorpus
@testable import ElectraHuggingFace
@testable import ElectraInference
@testable import ElectraKernels
@testable import ElectraPretraining
@testable import ElectraSupport
@testable import ElectraTraining

/// A run to Hugging Face folders and back. That transformers reads them is checked by scripts/check-huggingface.
@Suite struct HuggingFaceTests {
    private let place: Workplace
    private let data: DataSet
    private static let sizes: [(String, ConfigurationValue)] = [
        ("max_length", .integer(32)), ("embedding_size", .integer(12)), ("hidden_size", .integer(20)),
        ("layers", .integer(2)), ("heads", .integer(2)), ("feed_forward_size", .integer(36)),
        ("generator_hidden_size", .integer(12)), ("generator_layers", .integer(1)),
        ("generator_feed_forward_size", .integer(24)), ("max_positions", .integer(40)),
    ]
    private static let training: [(String, ConfigurationValue)] = [
        ("batch", .integer(4)), ("slices", .integer(2)), ("micro_batch", .integer(2)), ("steps", .integer(3)),
        ("warmup", .integer(1)),
    ]

    init() throws {
        place = try Workplace()
        let corpus = try place.write("corpus.txt", text(documents: 60))
        var prepare = PrepareCorpus(corpus: [corpus], output: place.file("data"))
        prepare.maximumLength = 32
        prepare.heldOutFraction = 0.1
        prepare.vocabularySize = 200
        prepare.rules = TextRules(cased: false, stripAccents: false)
        _ = try prepare.run { _ in }
        data = try DataSet(place.file("data"))
    }

    @discardableResult
    private func train(
        _ run: String, _ options: [(String, ConfigurationValue)], from initialWeights: InitialWeights? = nil
    ) throws -> String {
        let folder = RunFolder(place.file(run))
        let configuration = try folder.resolve(
            preset: nil, initialWeights: initialWeights, file: nil, options: options, data: data)
        let pretrainer = try Pretraining.run(
            configuration, folder: folder, data: data, initialWeights: initialWeights, communicator: .alone)
        try pretrainer.run()
        return pretrainer.fingerprint
    }

    private func export(_ run: String, to model: String) throws {
        try HuggingFaceExport(place.file(run)).write(to: place.file(model))
    }

    private func failure(_ body: () throws -> Void) throws -> Failure {
        try #require(throws: Failure.self) { try body() }
    }

    @Test func anExportHasEverythingUnderTransformersNames() throws {
        try train("run", Self.sizes + Self.training)
        try export("run", to: "model")
        for network in Network.allCases {
            let folder = "model/\(network.rawValue)"
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: place.file(folder)).sorted() == [
                    "README.md", "config.json", "model.safetensors", "special_tokens_map.json", "tokenizer.json",
                    "tokenizer_config.json", "vocab.txt",
                ])
            let read = try HuggingFaceFolder(place.file(folder), network: network)
            #expect(read.configuration.network == network && read.configuration.maximumPositions == 40)
            let names = Set(read.weights.names)
            #expect(names.contains("electra.embeddings.word_embeddings.weight"))
            #expect(names.contains("electra.embeddings.LayerNorm.bias"))
            #expect(names.contains("electra.encoder.layer.0.attention.self.query.weight"))
            #expect(!names.contains("generator_lm_head.weight"))
            #expect(names.contains("generator_lm_head.bias") == (network == .generator))
            #expect(names.contains("electra.embeddings_project.weight") == (network == .discriminator))
            let tokenizer = try read.tokenizer()
            #expect(tokenizer.vocabulary == data.vocabulary && tokenizer.maximumLength == 32)
            #expect(tokenizer.rules == TextRules(cased: false, stripAccents: false))
        }
        let card = String(decoding: try place.bytes("model/discriminator/README.md"), as: UTF8.self)
        // Not as it was typed, which names folders here, but what leads to the same.
        #expect(card.contains("\n    electra-dist pretrain --data DATA --run RUN --preset small --set max_length=32 "))
        #expect(card.contains(" --set steps=3") && !card.contains("--set data") && !card.contains(place.path))
        #expect(card.contains("corpus.txt") && card.contains("| steps | 3 of 3 |") && card.contains("RTD AUC"))
    }

    /// As many slices as in the preset, for another batch: left out, they would follow the batch.
    @Test func theCommandOfTheCardResolvesToTheSameRun() throws {
        try train(
            "run",
            Self.sizes + Self.training.filter { $0.0 != "batch" && $0.0 != "slices" }
                + [("batch", .integer(32)), ("slices", .integer(16))])
        try export("run", to: "model")
        let card = String(decoding: try place.bytes("model/discriminator/README.md"), as: UTF8.self)
        let command = try #require(card.split(separator: "\n").first { $0.contains("pretrain --data DATA") })
        let options = command.split(separator: " ").filter { $0.contains("=") }.map { word in
            let parts = word.split(separator: "=", maxSplits: 1)
            return (key: String(parts[0]), value: ConfigurationValue(parsing: String(parts[1])))
        }
        let again = try RunFolder(place.file("another")).resolve(
            preset: "small", file: nil, options: options, data: data)
        #expect(again.division.slices == 16 && options.contains { $0.key == "batch" })
        #expect(try RunFolder(place.file("run")).configuration().firstDifference(from: again)?.key == nil)
    }

    /// The first update has learning rate 0, so what was imported is what is exported, bit for bit.
    @Test func anImportIsExportedAsItWas() throws {
        let fingerprint = try train("run", Self.sizes + Self.training)
        try export("run", to: "model")
        let weights = try InitialWeights(discriminator: place.file("model"), generator: place.file("model/generator"))
        let oneStep = Self.training.filter { $0.0 != "steps" } + [("steps", .integer(1))]
        #expect(try train("again", [("max_length", .integer(32))] + oneStep, from: weights) == fingerprint)
        try export("again", to: "copy")
        for network in ["discriminator", "generator"] {
            #expect(
                try place.bytes("copy/\(network)/model.safetensors")
                    == place.bytes("model/\(network)/model.safetensors"))
        }
        // The same command goes on; without its weights, or with others, it is refused.
        #expect(try train("again", [("max_length", .integer(32))] + oneStep, from: weights) == fingerprint)
        let other = try InitialWeights(discriminator: nil, generator: place.file("model"))
        #expect(try failure { try train("again", oneStep, from: other) }.kind == .usage)
    }

    /// More positions than usually go through together, and an odd number of them.
    @Test func theLongestTextHasRoom() throws {
        try train(
            "run", Self.sizes.filter { $0.0 != "max_positions" } + Self.training + [("max_positions", .integer(513))])
        try export("run", to: "model")
        let path = place.file("model/discriminator")
        try TokenizerFiles(vocabulary: data.vocabulary, rules: .uncased, maximumLength: 513).write(to: path)
        let network = try PretrainedNetwork(path, network: nil)
        #expect(network.maximumLength == 513 && ForwardPass(network).batch.maximumTokens >= 513)
        let embedding = TextEmbedder(network, vectors: .tokens).embed([
            Array(String(repeating: ". ", count: 600).utf8)
        ])[0]
        #expect(embedding.ids.count == 513 && embedding.isCut && embedding.values.allSatisfy(\.isFinite))
    }

    @Test func eitherNetworkAlone() throws {
        try train("run", Self.sizes + Self.training)
        try export("run", to: "model")
        let start =
            [("max_length", ConfigurationValue.integer(32))] + Self.training.filter { $0.0 != "steps" }
            + [("steps", .integer(1))]
        let generatorSizes = Self.sizes.filter { $0.0.hasPrefix("generator") }
        let discriminatorSizes = Self.sizes.filter { !$0.0.hasPrefix("generator") && $0.0 != "embedding_size" }
        let discriminator = try InitialWeights(discriminator: place.file("model"), generator: nil)
        try train("d", start + generatorSizes, from: discriminator)
        let generator = try InitialWeights(discriminator: nil, generator: place.file("model"))
        try train("g", start + discriminatorSizes, from: generator)
        try export("d", to: "from-d")
        try export("g", to: "from-g")
        #expect(
            try place.bytes("from-d/discriminator/model.safetensors")
                == place.bytes("model/discriminator/model.safetensors"))
        #expect(
            try place.bytes("from-d/generator/model.safetensors") != place.bytes("model/generator/model.safetensors"))
        #expect(
            try place.bytes("from-g/generator/model.safetensors") == place.bytes("model/generator/model.safetensors"))
        #expect(
            try place.bytes("from-g/discriminator/model.safetensors")
                != place.bytes("model/discriminator/model.safetensors"))
    }

    @Test func severalFilesABareEncoderAndATiedHead() throws {
        try train("run", Self.sizes + Self.training)
        try export("run", to: "model")
        let path = "model/discriminator"
        let file = try SafetensorsFile(path: place.file("\(path)/model.safetensors"))
        // In two files with an index, without "electra." in front.
        func write(_ tensors: [SafetensorsTensor], to name: String, extra: Bool = false) throws {
            var list = tensors.map { (name: $0.name.replacing("electra.", with: ""), shape: $0.shape) }
            if extra { list.append((name: "generator_lm_head.weight", shape: [1])) }
            var writer = try SafetensorsWriter(path: place.file("\(path)/\(name)"), tensors: list)
            for tensor in tensors {
                try file.withBytes(of: tensor.name) { (bytes) throws(Failure) in try writer.append(bytes) }
            }
            if extra { try [Float(1)].withUnsafeBytes { (bytes) throws in try writer.append(bytes) } }
            try writer.finish()
        }
        let half = file.tensors.count / 2
        try write(Array(file.tensors[..<half]), to: "a.safetensors")
        try write(Array(file.tensors[half...]), to: "b.safetensors", extra: true)
        let map = file.tensors.enumerated().map { place, tensor in
            (
                key: tensor.name.replacing("electra.", with: ""),
                value: JSON.text(place < half ? "a.safetensors" : "b.safetensors")
            )
        }
        try FileManager.default.removeItem(atPath: place.file("\(path)/model.safetensors"))
        try place.write(
            "\(path)/model.safetensors.index.json", JSON.object([(key: "weight_map", value: .object(map))]).compact)
        let weights = try HuggingFaceWeights(folder: place.file(path), architecture: "AutoModel")
        for tensor in file.tensors {
            var read = [Float](repeating: 0, count: tensor.count)
            try read.withUnsafeMutableBufferPointer { (target) throws in
                try weights.copy(tensor.name, shape: tensor.shape, into: target)
            }
            #expect(try read == file.floats(tensor.name))
        }
        try place.write("\(path)/model.safetensors.index.json", #"{"weight_map": {"x": "a.safetensors"}}"#)
        #expect(
            try failure { _ = try HuggingFaceWeights(folder: place.file(path), architecture: "AutoModel") }.kind
                == .badData)
    }

    @Test func whatCannotBeUsedIsRefusedWithARemedy() throws {
        try train("run", Self.sizes + Self.training)
        try export("run", to: "model")
        let path = place.file("model/discriminator")
        func refusal(_ change: (inout [String: Any]) -> Void) throws -> String {
            var object = try #require(
                JSONSerialization.jsonObject(with: Data(place.bytes("model/discriminator/config.json")))
                    as? [String: Any])
            let original = try place.bytes("model/discriminator/config.json")
            change(&object)
            try place.write("model/discriminator/config.json", Array(JSONSerialization.data(withJSONObject: object)))
            defer { _ = try? place.write("model/discriminator/config.json", original) }
            return try failure { _ = try HuggingFaceFolder(path, network: .discriminator) }.description
        }
        #expect(try refusal { $0["model_type"] = "bert" }.contains("expected model_type \"electra\", found \"bert\""))
        #expect(try refusal { $0["hidden_act"] = "relu" }.contains("hidden_act"))
        #expect(try refusal { $0["tie_word_embeddings"] = false }.contains("tie_word_embeddings"))
        #expect(try refusal { $0["is_decoder"] = true }.contains("is_decoder"))
        #expect(try refusal { $0["layer_norm_eps"] = 1e-5 }.contains("layer_norm_eps"))
        #expect(try refusal { $0["num_attention_heads"] = 3 }.contains("3 attention heads"))
        #expect(try refusal { $0["max_position_embeddings"] = 1 }.contains("expected 8 or more"))
        #expect(try refusal { $0["hidden_size"] = "wide" }.contains("expected a whole number as \"hidden_size\""))
        #expect(try refusal { $0["architectures"] = ["ElectraForMaskedLM"] }.contains("holds a generator"))

        // Another vocabulary than the data's.
        let weights = try #require(try InitialWeights(discriminator: path, generator: nil))
        try place.write("other.txt", (Vocabulary.specialPieces + ["a", "b"]).joined(separator: "\n"))
        var prepare = PrepareCorpus(corpus: [place.file("corpus.txt")], output: place.file("other"))
        prepare.vocabulary = try NamedVocabulary(place.file("other.txt"))
        prepare.allowsUnknown = true
        prepare.maximumLength = 32
        _ = try prepare.run { _ in }
        let run = try RunFolder(place.file("run")).configuration()
        let refused = try failure { try weights.check(run, data: try DataSet(place.file("other"))) }
        #expect(refused.kind == .usage && refused.description.contains("--vocab \(path)"))

        try FileManager.default.moveItem(atPath: path + "/model.safetensors", toPath: path + "/pytorch_model.bin")
        let bin = try failure { _ = try HuggingFaceFolder(path) }
        #expect(bin.kind == .usage && bin.description.contains("save_pretrained"))
        #expect(try failure { _ = try HuggingFaceFolder(place.file("nowhere")) }.kind == .inputOutput)
    }

    @Test func aTokenizerIsReadFromTokenizerJSONAlone() throws {
        let folder = place.file("tokenizer")
        try FileAccess.makeFolder(folder)
        for rules in [TextRules.uncased, TextRules(cased: true), TextRules(cased: false, stripAccents: false)] {
            let files = TokenizerFiles(vocabulary: data.vocabulary, rules: rules, maximumLength: 77)
            try files.write(to: folder)
            #expect(try TokenizerFiles(folder: folder) == files)
            try FileManager.default.removeItem(atPath: folder + "/vocab.txt")
            #expect(try TokenizerFiles(folder: folder) == files)
            // And from vocab.txt and tokenizer_config.json, as older transformers save it.
            try files.write(to: folder)
            try FileManager.default.removeItem(atPath: folder + "/tokenizer.json")
            #expect(try TokenizerFiles(folder: folder) == files)
        }
        // Pieces that Swift's strings take for equal: é in one scalar, and in two.
        let accents = try Vocabulary(pieces: Vocabulary.specialPieces + ["caf\u{E9}", "cafe\u{301}"], name: "accents")
        try TokenizerFiles(vocabulary: accents, rules: TextRules(cased: true)).write(to: folder)
        try FileManager.default.removeItem(atPath: folder + "/vocab.txt")
        #expect(try TokenizerFiles(folder: folder).vocabulary.fileContents == accents.fileContents)
        // A tokenizer of another kind gives other tokens.
        try TokenizerFiles(vocabulary: data.vocabulary, rules: .uncased).write(to: folder)
        let json = String(decoding: try place.bytes("tokenizer/tokenizer.json"), as: UTF8.self)
        for (found, other) in [
            ("BertPreTokenizer", "Whitespace"), ("BertNormalizer", "NFC"),
            ("\"clean_text\": true", "\"clean_text\": false"),
        ] {
            try place.write("tokenizer/tokenizer.json", json.replacing(found, with: other))
            #expect(try failure { _ = try TokenizerFiles(folder: folder) }.kind == .badData)
        }
        // Neither do two files that contradict each other, nor a class with word splitting of its own.
        try place.write("tokenizer/tokenizer.json", json)
        let configuration = String(decoding: try place.bytes("tokenizer/tokenizer_config.json"), as: UTF8.self)
        for (found, other, reason) in [
            ("\"do_lower_case\": true", "\"do_lower_case\": false", "tokenizer.json says uncased, and"),
            ("\"strip_accents\": null", "\"strip_accents\": false", "goes by, uncased with accents"),
            ("\"[PAD]\"", "\"<pad>\"", "expected [PAD] as pad_token, found “<pad>”"),
            ("ElectraTokenizer", "SudachiTokenizer", "expected tokenizer_class ElectraTokenizer, found Sudachi"),
            ("\"tokenize_chinese_chars\": true", "\"tokenize_chinese_chars\": false", "tokenize_chinese_chars"),
        ] {
            let changed = configuration.replacing(found, with: other)
            try #require(changed != configuration)
            try place.write("tokenizer/tokenizer_config.json", changed)
            let failure = try failure { _ = try TokenizerFiles(folder: folder) }
            #expect(failure.kind == .badData && failure.description.contains(reason))
        }
        try place.write("tokenizer/tokenizer_config.json", configuration)
        let specials = try place.bytes("tokenizer/special_tokens_map.json")
        try place.write("tokenizer/special_tokens_map.json", #"{"mask_token": {"content": "ba", "lstrip": true}}"#)
        #expect(
            try failure { _ = try TokenizerFiles(folder: folder) }.description.contains("as mask_token, found “ba”"))
        try place.write("tokenizer/special_tokens_map.json", specials)
        // Words taken out of a text have five places.
        let ba = Int32(data.vocabulary.count)
        for (name, content, isNormalized) in [
            (
                "tokenizer.json",
                json.replacing("\"added_tokens\": [", with: "\"added_tokens\": [{\"content\": \"Ba\"},"), true
            ),
            (
                "tokenizer_config.json",
                configuration.replacing("{", with: #"{"added_tokens_decoder": {"\#(ba)": {"content": "Ba"}},"#), true
            ),
            (
                "tokenizer_config.json", configuration.replacing("{", with: #"{"additional_special_tokens": ["Ba"],"#),
                false
            ),
            (
                "tokenizer_config.json", configuration.replacing("{", with: #"{"extra_special_tokens": {"x": "Ba"},"#),
                false
            ),
            ("added_tokens.json", #"{"Ba": \#(ba)}"#, true),
            ("special_tokens_map.json", #"{"additional_special_tokens": [{"content": "Ba"}]}"#, false),
        ] {
            let before = try? place.bytes("tokenizer/\(name)")
            try place.write("tokenizer/\(name)", content)
            let words = try TokenizerFiles(folder: folder).vocabulary.addedWords
            #expect(
                words == [AddedWord(text: "Ba", id: ba, isNormalized: isNormalized, isSpecial: !isNormalized)],
                "\(name)")
            if let before {
                try place.write("tokenizer/\(name)", before)
            } else {
                try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
            }
        }
        // A class without rules goes by tokenizer.json, whatever its configuration says.
        let generic = configuration.replacing("ElectraTokenizer", with: "PreTrainedTokenizerFast")
        try place.write(
            "tokenizer/tokenizer_config.json",
            generic.replacing("\"do_lower_case\": true", with: "\"do_lower_case\": false"))
        #expect(try TokenizerFiles(folder: folder).rules == .uncased)
    }
}
