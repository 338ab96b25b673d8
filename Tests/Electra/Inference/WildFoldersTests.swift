import Collectives
import Foundation
import TestSupport
import Testing

@testable import ElectraCorpus
@testable import ElectraHuggingFace
@testable import ElectraInference
@testable import ElectraKernels
@testable import ElectraModel
@testable import ElectraPretraining
@testable import ElectraSupport
@testable import ElectraTraining

/// Model folders as they are found: files of another kind in the place of a model's, tensors under other names, word
/// tables of another length.
@Suite struct WildFoldersTests {
    private let place: Workplace
    private let vocabulary: Vocabulary

    /// model/ is a discriminator, with 61 rows in its word table, and model-g/ a generator.
    init() throws {
        place = try Workplace()
        vocabulary = try Vocabulary(pieces: Vocabulary.specialPieces + (5..<50).map { "w\($0)" }, name: "test")
        let golden = try #require(GoldenFolders.own.last)
        for (name, network) in [("model", Network.discriminator), ("model-g", .generator)] {
            try FileManager.default.copyItem(atPath: "\(golden)/\(network.rawValue)", toPath: place.file(name))
            try TokenizerFiles(vocabulary: vocabulary, rules: .uncased).write(to: place.file(name))
        }
    }

    private func failure(_ body: () throws -> Void) throws -> String {
        let failure = try #require(throws: Failure.self) { try body() }
        #expect(failure.kind != .software && !failure.description.contains("\n"), "\(failure)")
        return failure.description
    }

    private func logits(_ model: String) throws -> [Float] {
        let network = try PretrainedNetwork(place.file(model), network: .discriminator)
        let text = vocabulary.pieces[5..<14].joined(separator: " ")
        return ReplacementDetector(network).detect([Array(text.utf8)])[0].tokens.map(\.logit)
    }

    private func change(_ file: String, _ change: (inout [String: Any]) -> Void) throws {
        var object = try #require(
            JSONSerialization.jsonObject(with: Data(place.bytes(file))) as? [String: Any])
        change(&object)
        try place.write(file, Array(JSONSerialization.data(withJSONObject: object)))
    }

    /// A copy of model/ with its tensors called otherwise.
    private func renamed(_ copy: String, from model: String = "model", _ name: (String) -> String) throws {
        try? FileManager.default.removeItem(atPath: place.file(copy))
        try FileManager.default.copyItem(atPath: place.file(model), toPath: place.file(copy))
        let file = try SafetensorsFile(path: place.file("\(model)/model.safetensors"))
        var writer = try SafetensorsWriter(
            path: place.file("\(copy)/model.safetensors"),
            tensors: file.tensors.map { (name: name($0.name), shape: $0.shape) })
        for tensor in file.tensors {
            try file.withBytes(of: tensor.name) { (bytes) throws(Failure) in try writer.append(bytes) }
        }
        try writer.finish()
    }

    /// Two lists of pieces in one folder: some programs go by one, some by the other.
    @Test func aVocabularyThatIsNotThatOfTheTokenizerIsRefused() throws {
        let lines = vocabulary.pieces
        var swapped = lines
        swapped.swapAt(20, 21)
        var renamed = lines
        renamed[30] = "other"
        for pieces in [Array(lines[..<30]), lines + ["more"], swapped, renamed] {
            try place.write("model/vocab.txt", pieces.joined(separator: "\n") + "\n")
            let text = try failure { _ = try TokenizerFiles(folder: place.file("model")) }
            #expect(
                text.contains("model/vocab.txt: other pieces (\(pieces.count))") && text.contains("tokenizer.json"),
                "\(text)")
        }
        // Lines that are no pieces do not count: the tokenizers library leaves them out.
        for pieces in [lines, Array(lines[..<30]) + [""] + lines[30...]] {
            try place.write("model/vocab.txt", pieces.joined(separator: "\n") + "\n")
            #expect(try TokenizerFiles(folder: place.file("model")).vocabulary == vocabulary)
        }
    }

    private static let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 54236116\n"
    private static let foreign: [(name: String, bytes: [UInt8], remedy: String)] = [
        ("a Git LFS pointer", Array(pointer.utf8), "git lfs pull"),
        ("an HTML page", Array("\n<!DOCTYPE html>\n<html><body>Not this</body></html>".utf8), "fetch the file itself"),
        ("an HTML page", Array("\u{FEFF}<html lang=\"en\">".utf8), "fetch the file itself"),
        ("an XML page", Array("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>".utf8), "fetch"),
        ("“Entry not found”", Array("Entry not found".utf8), "check the address"),
        ("“Access to model x/y is restricted.”", Array("Access to model x/y is restricted.\n".utf8), "permission"),
        ("a gzip file", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1], "unpack"),
        ("a zstd file", [0x28, 0xB5, 0x2F, 0xFD, 4, 0, 1, 2, 3], "unpack"),
        ("an xz file", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0, 4, 1], "unpack"),
        ("a bzip2 file", Array("BZh91AY&SY".utf8), "unpack"),
        ("a zip archive", Array("PK\u{3}\u{4}abcdefgh".utf8), "unpack"),
        ("PyTorch's own archive", Array("PK\u{3}\u{4}\u{0}\u{0}archive/data.pkl".utf8), "save_file"),
        ("a Python pickle", [0x80, 2, 0x7D, 0x71, 0, 0x58, 1, 2, 3], "save_file"),
        ("HDF5", [0x89] + Array("HDF\r\n\u{1A}\n12".utf8), "from_tf=True"),
        ("GGUF", Array("GGUF12345".utf8), "made from"),
        (
            "a SentencePiece model", [0x0A, 0x0E, 0x0A, 5] + Array("<unk>".utf8) + [0x15, 0, 0, 0, 0, 0x18, 2],
            "WordPieces"
        ),
        ("UTF-16", [0xFF, 0xFE, 0x5B, 0, 0x50, 0, 0x41, 0, 0x44, 0], "iconv"),
    ]

    /// Whatever of a model it stands in the place of.
    @Test(arguments: ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt"])
    func aFileOfAnotherKindIsNamed(file: String) throws {
        if file == "vocab.txt" { try FileManager.default.removeItem(atPath: place.file("model/tokenizer.json")) }
        for (name, bytes, remedy) in Self.foreign {
            try place.write("model/\(file)", bytes)
            let description = try failure {
                _ = try PretrainedNetwork(place.file("model"), network: .discriminator)
            }
            #expect(description.hasPrefix(place.file("model/\(file): expected ")), "\(description)")
            #expect(
                description.contains("found ") && description.contains(name) && description.contains(remedy),
                "\(description)")
            if file == "vocab.txt" || file == "tokenizer.json" {
                #expect(try failure { _ = try NamedVocabulary(place.file("model/\(file)")) }.contains(name))
            }
        }
        // An empty one, none, a folder, and a link to nothing.
        try place.write("model/\(file)", "")
        #expect(try failure { _ = try PretrainedNetwork(place.file("model"), network: nil) }.contains("empty"))
        guard file == "config.json" || file == "model.safetensors" else { return }
        try FileManager.default.removeItem(atPath: place.file("model/\(file)"))
        try FileManager.default.createDirectory(atPath: place.file("model/\(file)"), withIntermediateDirectories: true)
        #expect(try failure { _ = try HuggingFaceFolder(place.file("model")) }.contains("a folder"))
        try FileManager.default.removeItem(atPath: place.file("model/\(file)"))
        try FileManager.default.createSymbolicLink(
            atPath: place.file("model/\(file)"), withDestinationPath: "../../blobs/1")
        #expect(try failure { _ = try HuggingFaceFolder(place.file("model")) }.contains("cp -rL"))
    }

    /// Plain text is nothing foreign, nor is what a model has.
    @Test func whatIsInItsPlaceIsNotForeign() throws {
        for text in ["[PAD]\nnot\nfound\n", "{\"error\": 1}", "the", "", "<s>\n<pad>\n", "\n"] {
            #expect(ForeignContent(Array(text.utf8)) == nil, "\(text)")
        }
        #expect(ForeignContent(try place.bytes("model/model.safetensors")) == nil)
        #expect(
            ForeignContent([0x0A, 0x0A, 0x0A, 0x61, 0x0A]) == nil && ForeignContent([0x0A, 0xFF, 0x0A, 0xFF]) == nil)
    }

    @Test(arguments: [
        ("", "", false), ("", "", true), ("module.", "", true), ("backbone.", "", false), ("discriminator.", "", true),
        ("model.discriminator.", "", false), ("_orig_mod.", "", false), ("", "backbone.", true),
        ("", "encoder.", false),
        ("module.", "backbone.", false), ("x.y.", "", false),
    ])
    func tensorsUnderOtherNames(prefix: String, backbone: String, isOld: Bool) throws {
        let expected = try logits("model")
        try renamed("copy") { name in
            let name = backbone.isEmpty ? name : name.replacing("electra.", with: backbone)
            guard isOld else { return prefix + name }
            return prefix
                + name.replacing("LayerNorm.weight", with: "LayerNorm.gamma").replacing(
                    "LayerNorm.bias", with: "LayerNorm.beta")
        }
        #expect(try logits("copy") == expected)
        // What nothing but the tensors says.
        try change("copy/config.json") {
            $0["model_type"] = nil; $0["architectures"] = nil
        }
        #expect(try logits("copy") == expected)
        #expect(
            try failure { _ = try HuggingFaceFolder(place.file("copy"), network: .generator) }.contains(
                "holds a discriminator"))
    }

    @Test func aPairInOneFile() throws {
        try renamed("d") { "discriminator." + $0 }
        let both = try ["model", "model-g"].map { try SafetensorsFile(path: place.file("\($0)/model.safetensors")) }
        var writer = try SafetensorsWriter(
            path: place.file("d/model.safetensors"),
            tensors: zip(both, ["discriminator.", "generator."]).flatMap { file, prefix in
                file.tensors.map { (name: prefix + $0.name, shape: $0.shape) }
            })
        for file in both {
            for tensor in file.tensors {
                try file.withBytes(of: tensor.name) { (bytes) throws(Failure) in try writer.append(bytes) }
            }
        }
        try writer.finish()
        #expect(try logits("d") == logits("model"))
        try change("d/config.json") { config in
            for (key, value)
                in (try? JSONSerialization.jsonObject(with: Data(place.bytes("model-g/config.json"))) as? [String: Any])
                ?? [:]
            {
                config[key] = value
            }
        }
        let text = [Array("w5 [MASK] w7".utf8)]
        func guesses(_ model: String) throws -> [Float] {
            MaskFiller(try PretrainedNetwork(place.file(model), network: .generator), count: 50).fill(text)[0].masks[0]
                .guesses.map(\.logit)
        }
        #expect(try guesses("d") == guesses("model-g"))
    }

    @Test func tensorsOfOtherModelsAreRefused() throws {
        func refusal(_ name: (String) -> String, _ settings: (inout [String: Any]) -> Void = { _ in }) throws -> String
        {
            try renamed("copy", name)
            try change("copy/config.json", settings)
            return try failure { _ = try PretrainedNetwork(place.file("copy"), network: nil) }
        }
        #expect(try refusal { $0.replacing("electra.", with: "bert.") }.contains("found bert.embeddings"))
        #expect(try refusal { $0.replacing("electra.", with: "roberta.") }.contains("of another kind of model"))
        #expect(try refusal { "t." + $0.replacing("embeddings", with: "wte") }.contains("is it another kind of model?"))
        #expect(try refusal({ $0 }) { $0["model_type"] = "deberta-v2" }.contains("found \"deberta-v2\""))
        // A bare encoder of which nothing says that it is ELECTRA's: BERT's has the same parts.
        let bare = try refusal({ $0.replacing("electra.", with: "").replacing("discriminator_predictions", with: "x") })
        {
            $0["model_type"] = nil
            $0["architectures"] = nil
        }
        #expect(bare.contains("has no model_type") && bare.contains("add \"model_type\": \"electra\""))
        let several = try refusal {
            $0 == "electra.embeddings.position_embeddings.weight" ? "b.embeddings.word_embeddings.weight" : $0
        }
        #expect(several.contains("has 2 encoders (b.embeddings, electra.embeddings)"))
    }

    /// 61 rows for 50 pieces: the rows beyond are not used, and not trained.
    @Test func aWordTableLongerThanTheVocabulary() throws {
        #expect(try logits("model").count == 9)
        let filler = MaskFiller(try PretrainedNetwork(place.file("model-g"), network: .generator), count: 1000)
        #expect(filler.fill([Array("w5 [MASK]".utf8)])[0].masks[0].guesses.count == 50)
        let corpus = try place.write("corpus.txt", (5..<300).map { "w\($0 % 45 + 5) w\($0 % 7 + 5)\n\n" }.joined())
        var prepare = PrepareCorpus(corpus: [corpus], output: place.file("data"))
        prepare.vocabulary = try NamedVocabulary(place.file("model"))
        prepare.maximumLength = 12
        _ = try prepare.run { _ in }
        let data = try DataSet(place.file("data"))
        let weights = try #require(
            try InitialWeights(discriminator: place.file("model"), generator: place.file("model-g")))
        let run = RunFolder(place.file("run"))
        let options: [(String, ConfigurationValue)] = [
            ("max_length", .integer(12)), ("batch", .integer(4)), ("slices", .integer(2)), ("steps", .integer(1)),
            ("warmup", .integer(1)), ("share_embeddings", .flag(false)),
        ]
        let configuration = try run.resolve(
            preset: nil, initialWeights: weights, file: nil, options: options, data: data)
        #expect(configuration.networks.vocabularySize == 50)
        let layout = configuration.layout
        let notes = try weights.load(into: FlatBuffer(count: layout.count), layout: layout)
        #expect(notes.count == 2 && notes.allSatisfy { $0.contains("61 rows for 50 pieces") }, "\(notes)")
        try Pretraining.run(configuration, folder: run, data: data, initialWeights: weights, communicator: .alone).run()
        try HuggingFaceExport(run.path).write(to: place.file("out"))
        for (network, model) in [("discriminator", "model"), ("generator", "model-g")] {
            let before = try SafetensorsFile(path: place.file("\(model)/model.safetensors"))
            let after = try SafetensorsFile(path: place.file("out/\(network)/model.safetensors"))
            for tensor in after.tensors {
                let old = try before.floats(tensor.name)
                #expect(try after.floats(tensor.name) == Array(old.prefix(tensor.count)), "\(tensor.name)")
            }
            #expect(try after.tensor("electra.embeddings.word_embeddings.weight").shape[0] == 50)
        }
        // A config.json that does not know of the rows, as transformers refuses it, too.
        try change("model/config.json") { $0["vocab_size"] = 50 }
        #expect(
            try failure { _ = try logits("model") }.contains(
                "has 61 rows, and config.json says 50 as vocab_size; set that to 61"))
    }

    @Test(arguments: [
        ("snapshots/4f1e/config.json", "name .*snapshots/4f1e"), ("electra.ckpt.index", "checkpoint of TensorFlow"),
        ("model.ckpt-1.data-00000-of-00001", "checkpoint of TensorFlow"),
        ("adapter_config.json", "merge it into its model"),
        ("run.json", "electra-dist export makes a model"), ("manifest.json", "is a data set"),
        ("0_Transformer/config.json", "name .*0_Transformer"),
    ])
    func aFolderThatIsNoModelIsNamed(file: String, remedy: String) throws {
        try place.write("other/\(file)", "{}")
        let description = try failure { _ = try HuggingFaceFolder(place.file("other")) }
        let named = try Regex(remedy)
        #expect(
            description.contains("no config.json, so this is no model") && description.contains(named),
            "\(description)")
    }

    @Test(arguments: [
        ("tf_model.h5", "from_tf=True"), ("flax_model.msgpack", "from_flax=True"), ("electra.safetensors", "rename it"),
        ("pytorch_model.bin", "save_pretrained"),
    ])
    func weightsElsewhereAreNamed(file: String, remedy: String) throws {
        try FileManager.default.moveItem(
            atPath: place.file("model/model.safetensors"), toPath: place.file("model/\(file)"))
        let description = try failure { _ = try HuggingFaceFolder(place.file("model")) }
        #expect(description.contains(file) && description.contains(remedy), "\(description)")
    }
}
