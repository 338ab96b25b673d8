import CKernels
import Foundation
import TestSupport
import Testing

@testable import ElectraCorpus
@testable import ElectraHuggingFace
@testable import ElectraModel
@testable import ElectraPretraining
@testable import ElectraSupport
@testable import ElectraTraining

/// Damaged and hostile files: each reader takes the file or throws a `Failure`; it never traps.
///
/// A trap ends the test program. Then the input is the file named in the last "fuzz:" line of the output, and the
/// numbers there make it again. More inputs: ELECTRA_FUZZ_INPUTS=1000000 swift test -c release -Xswiftc
/// -enable-testing --filter FuzzTests
@Suite(.serialized) struct FuzzTests {
    private let inputs = ProcessInfo.processInfo.environment["ELECTRA_FUZZ_INPUTS"].flatMap { Int($0) } ?? 3000
    private let seed: UInt64 = 2026
    let workplace: Workplace

    init() throws { workplace = try Workplace(inMemory: true) }

    /// Calls `read` with every damaged version of `originals`, written to the file `name`; expects that some are
    /// refused and, as a sign that the damage is not too coarse, that some are not.
    func fuzz(
        _ name: String, _ originals: [[UInt8]], words: [String] = [],
        repair: (inout Mutator, inout [UInt8]) -> Void = { _, _ in }, read: (_ path: String) throws -> Void
    ) throws {
        let path = workplace.file(name)
        print("fuzz: \(name), seed \(seed), \(inputs) inputs; the input that ends the program is \(path)")
        var refused = 0
        for input in 0..<inputs {
            var mutator = Mutator(seed: seed, input: input, words: words)
            var bytes = mutator.mutate(originals[mutator.below(originals.count)])
            repair(&mutator, &bytes)
            try workplace.overwrite(name, bytes)
            do { try read(path) } catch is Failure { refused += 1 }
        }
        #expect(refused > inputs / 10 && refused < inputs, "\(refused) of \(inputs) refused")
    }

    @Test func safetensors() throws {
        let header = #"""
            {"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"h":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},"b":{"dtype":"BF16","shape":[1,2],"data_offsets":[12,16]},"i":{"dtype":"I64","shape":[1],"data_offsets":[16,24]}}
            """#
        let file =
            withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
            + (0..<24).map { UInt8($0) }
        let words = [
            "\"dtype\"", "\"shape\":", "\"data_offsets\":[0,8]", "F64", "BOOL", "U64", "{", "}", "[", "]", ",",
            "\\u0000", "\\ud83e",
        ]
        try fuzz(
            "model.safetensors", [file], words: words,
            repair: { mutator, bytes in
                // A header of the right length, so that what is inside of it is read.
                guard mutator.below(2) == 0, let end = bytes.lastIndex(of: UInt8(ascii: "}")), end > 8 else { return }
                bytes.replaceSubrange(0..<8, with: withUnsafeBytes(of: UInt64(end - 7).littleEndian, Array.init))
            },
            read: { path in
                let file = try SafetensorsFile(path: path)
                for tensor in file.tensors {
                    _ = try? file.floats(tensor.name)
                    _ = try? file.integers(tensor.name)
                }
            })
    }

    private func prepare() throws -> String {
        try workplace.write("corpus.txt", text(documents: 12))
        var preparation = PrepareCorpus(corpus: [workplace.file("corpus.txt")], output: workplace.file("data"))
        preparation.maximumLength = 16
        preparation.heldOutFraction = 0.2
        preparation.vocabularySize = 64
        preparation.allowsUnknown = true
        preparation.threads = 1
        _ = try preparation.run(note: { _ in })
        return workplace.file("data")
    }

    /// Every number of a data set is read, as training and evaluation would.
    private func readAll(_ folder: String) throws {
        let data = try DataSet(folder)
        try data.verify()
        for store in [data.train, data.heldOut] {
            let table = 0..<Int32(data.manifest.vocabularySize)
            let isInside = try (0..<store.count).allSatisfy { try store.sequence($0).ids.allSatisfy(table.contains) }
            #expect(isInside)
        }
    }

    @Test func shard() throws {
        let data = try prepare()
        let original = try workplace.bytes("data/train-00000.shard")
        let manifest = try String(decoding: workplace.bytes("data/manifest.json"), as: UTF8.self)
        try fuzz(
            "data/train-00000.shard", [original],
            repair: { mutator, bytes in
                // Right checksums and a manifest that agrees, so that what they protect is read.
                guard mutator.below(4) > 0, bytes.count >= ShardHeader.bytes else { return }
                let checksum = bytes[ShardHeader.bytes...].withUnsafeBytes { ck_crc32c(0, $0.baseAddress, $0.count) }
                put(checksum, at: 40, in: &bytes)
                put(bytes[..<60].withUnsafeBytes { ck_crc32c(0, $0.baseAddress, 60) }, at: 60, in: &bytes)
                var edited = try! JSONSerialization.jsonObject(with: Data(manifest.utf8)) as! [String: Any]
                var train = edited["train"] as! [String: Any]
                var shards = train["shards"] as! [[String: Any]]
                shards[0]["checksum"] = hexadecimal(checksum)
                shards[0]["bytes"] = bytes.count
                let counts = bytes[24..<40].withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64).self) }
                for (key, count) in [("sequences", counts.0), ("tokens", counts.1)] {
                    shards[0][key] = Int(clamping: count)
                    train[key] = Int(clamping: count)
                }
                train["shards"] = shards
                edited["train"] = train
                try! workplace.overwrite("data/manifest.json", Array(JSONSerialization.data(withJSONObject: edited)))
            },
            read: { _ in try readAll(data) })
    }

    @Test func manifest() throws {
        let data = try prepare()
        try fuzz(
            "data/manifest.json", [try workplace.bytes("data/manifest.json")],
            words: ["\"train\":", "../", "{", "]", ","],
            read: { _ in try readAll(data) })
    }

    @Test func runFile() throws {
        try fuzz(
            "run.json", try RunConfiguration.presetNames.map { Array(try RunConfiguration.preset($0).json.utf8) },
            words: ["\"batch\": ", "{", "}", ",", "\"seed\": -1"],
            read: { path in
                let run = try RunConfiguration.read(from: path)
                // What a run is made of follows from its fields; a model too large for any machine is not laid out.
                if run.networks.vocabularySize < 1 << 20 && run.networks.layers < 64 { _ = run.layout }
                _ = run.schedule.rate(at: 0)
                _ = try RunConfiguration.resolve(preset: nil, file: path, options: [])
            })
    }

    @Test func vocabulary() throws {
        let pieces = Vocabulary.specialPieces + ["a", "##b", "ab", "##", "é", "##\u{301}", "東", "[unused0]", "hello"]
        try fuzz(
            "vocab.txt", [Array((pieces.joined(separator: "\n") + "\n").utf8)],
            words: ["\r\n", "##", "\u{FEFF}", "\n\n"],
            read: { path in
                let vocabulary = try Vocabulary(path: path)
                let tokenizer = WordPieceTokenizer(vocabulary, .uncased)
                for text in ["hello ab東é", String(repeating: "ab", count: 60)] {
                    for token in tokenizer.tokens(of: Array(text.utf8)) { _ = vocabulary[token.id] }
                }
            })
    }

    @Test func huggingFaceFolder() throws {
        let vocabulary = try Vocabulary(pieces: Vocabulary.specialPieces + ["a", "##b"], name: "test")
        let folder = workplace.file("model")
        try FileAccess.makeFolder(folder)
        let files = TokenizerFiles(vocabulary: vocabulary, rules: .uncased, maximumLength: 16)
        try files.write(to: folder)
        let configuration = HuggingFaceConfiguration(
            network: .discriminator, sizes: EncoderSizes(embedding: 4, hidden: 4, layers: 1, heads: 1, feedForward: 4),
            vocabulary: 7, maximumPositions: 16, hiddenDropout: 0.1, attentionDropout: 0.1, initializerRange: 0.02,
            paddingToken: 0)
        try FileManager.default.removeItem(atPath: workplace.file("model/vocab.txt"))
        try fuzz("model/config.json", [Array(configuration.json.pretty.utf8)], words: ["\"electra\"", "{", ","]) { _ in
            _ = try HuggingFaceConfiguration(folder: folder)
        }
        for name in ["tokenizer.json", "tokenizer_config.json"] {
            let original = try workplace.bytes("model/\(name)")
            try fuzz("model/\(name)", [original], words: ["\"vocab\":", "\"do_lower_case\":", "{", ","]) { _ in
                _ = try TokenizerFiles(folder: folder)
            }
            try workplace.overwrite("model/\(name)", original)
        }
    }

    /// The mutator does what it is for: inputs differ from the original and from each other.
    @Test func mutationsDiffer() {
        let original = Array("{\"batch\": 64, \"steps\": 100}".utf8)
        let inputs = (0..<500).map { input in
            var mutator = Mutator(seed: 1, input: input, words: ["{"])
            return mutator.mutate(original)
        }
        #expect(inputs.count { $0 != original } > 450 && Set(inputs).count > 400)
        var again = Mutator(seed: 1, input: 7, words: ["{"])
        #expect(again.mutate(original) == inputs[7])
    }
}

private func put(_ word: UInt32, at place: Int, in bytes: inout [UInt8]) {
    bytes.replaceSubrange(place..<place + 4, with: withUnsafeBytes(of: word.littleEndian, Array.init))
}
