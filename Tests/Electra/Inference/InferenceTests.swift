import Foundation
import TestSupport
import Testing

@testable import ElectraCorpus
@testable import ElectraHuggingFace
@testable import ElectraInference
@testable import ElectraSupport

/// Trained networks at work, against what Hugging Face transformers computes in float64 (Tests/Fixtures).
@Suite struct InferenceTests {
    private let place: Workplace
    /// The vocabulary of the golden cases has no words; here are some.
    private let vocabulary: Vocabulary

    init() throws {
        place = try Workplace()
        vocabulary = try Vocabulary(pieces: Vocabulary.specialPieces + (5..<61).map { "w\($0)" }, name: "test")
    }

    private func model(_ folder: String, _ network: Network) throws -> String {
        let path = place.file(network.rawValue)
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: "\(folder)/\(network.rawValue)", toPath: path)
        try TokenizerFiles(vocabulary: vocabulary, rules: .uncased, maximumLength: nil).write(to: path)
        return path
    }

    /// The sequences of one segment whose inner tokens are all words or masks: row of the case, and text.
    private func texts(_ golden: SafetensorsFile, _ input: String) throws -> [(row: Int, text: [UInt8], ids: [Int])] {
        let shape = try golden.tensor("input.ids").shape
        let ids = try golden.integers(input)
        let types = try golden.integers("input.token_type_ids")
        let mask = try golden.integers("input.attention_mask")
        return (0..<shape[0]).compactMap { row in
            let columns = (row * shape[1]..<(row + 1) * shape[1]).filter { mask[$0] == 1 }
            let inner = columns.dropFirst().dropLast().map { ids[$0] }
            guard columns.allSatisfy({ types[$0] == 0 }), inner.allSatisfy({ $0 >= 4 }) else { return nil }
            let words = inner.map { $0 == 4 ? "[MASK]" : vocabulary[Int32($0)] }
            return (row, Array(words.joined(separator: " ").utf8), inner)
        }
    }

    @Test(arguments: GoldenFolders.own) func computesWhatTransformersDoes(folder: String) throws {
        let golden = try SafetensorsFile(path: "\(folder)/golden.safetensors")
        let length = try golden.tensor("input.ids").shape[1]

        let discriminator = try PretrainedNetwork(try model(folder, .discriminator), network: .discriminator)
        let corrupted = try texts(golden, "input.sampled_ids")
        try #require(!corrupted.isEmpty)
        let logits = try golden.doubles("output.rtd_logits")
        let detections = ReplacementDetector(discriminator).detect(corrupted.map(\.text))
        for ((row, _, ids), found) in zip(corrupted, detections) {
            #expect(found.tokens.map { Int($0.id) } == ids)
            for (place, token) in found.tokens.enumerated() {
                #expect(abs(Double(token.logit) - logits[row * length + 1 + place]) < 1e-4)
            }
        }

        let hidden = try golden.doubles("output.discriminator_hidden")
        let encoder = try PretrainedNetwork(place.file("discriminator"), network: nil)
        let width = encoder.hiddenSize
        let embeddings = TextEmbedder(encoder, vectors: .tokens).embed(corrupted.map(\.text))
        let firsts = TextEmbedder(encoder, vectors: .cls).embed(corrupted.map(\.text))
        for (number, embedding) in embeddings.enumerated() {
            #expect(embedding.values.count == width * (corrupted[number].ids.count + 2))
            for (place, value) in embedding.values.enumerated() {
                #expect(abs(Double(value) - hidden[corrupted[number].row * length * width + place]) < 1e-4)
            }
            #expect(firsts[number].values == Array(embedding.values[..<width]))
        }

        let generator = try PretrainedNetwork(try model(folder, .generator), network: .generator)
        let masked = try texts(golden, "input.masked_ids")
        let positions = try golden.integers("input.masked_positions")
        let maskedLogits = try golden.doubles("output.mlm_logits")
        let filledTexts = MaskFiller(generator, count: 61).fill(masked.map(\.text))
        for ((row, _, ids), filled) in zip(masked, filledTexts) {
            let places = ids.indices.filter { ids[$0] == 4 }
            #expect(filled.masks.count == places.count)
            for (place, mask) in zip(places, filled.masks) {
                let index = try #require(
                    (0..<positions.count / 2).first { positions[2 * $0] == row && positions[2 * $0 + 1] == place + 1 })
                for guess in mask.guesses {
                    #expect(abs(Double(guess.logit) - maskedLogits[index * 61 + Int(guess.id)]) < 1e-4)
                }
                #expect(mask.guesses.map(\.logit) == mask.guesses.map(\.logit).sorted(by: >))
                #expect(abs(mask.guesses.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
            }
        }
    }

    @Test func windowsCoverEachTokenOnceWithContext() {
        for room in [2, 3, 7, 8, 126] {
            for count in [0, 1, room - 1, room, room + 1, 2 * room, 5 * room + 3] {
                let windows = TextWindow.covering(text: 0, count: count, room: room)
                #expect(windows.flatMap { Array($0.read) } == Array(0..<count))
                for window in windows {
                    #expect(window.tokens.count <= room)
                    #expect(window.read.isEmpty || window.tokens.clamped(to: window.read) == window.read)
                    // A quarter of the room on both sides, but at the ends of the text.
                    if window.read.lowerBound > 0 {
                        #expect(window.read.lowerBound - window.tokens.lowerBound >= room / 4)
                    }
                    if window.read.upperBound < count {
                        #expect(window.tokens.upperBound - window.read.upperBound >= room / 4)
                    }
                }
            }
        }
        #expect(TextWindow.around(50, text: 0, count: 100, room: 10).tokens == 45..<55)
        #expect(TextWindow.around(1, text: 0, count: 100, room: 10).tokens == 0..<10)
        #expect(TextWindow.around(99, text: 0, count: 100, room: 10).tokens == 90..<100)
        #expect(TextWindow.around(1, text: 0, count: 3, room: 10).tokens == 0..<3)
    }

    /// A long text goes in windows, many short ones go together: the same logits as one at a time.
    @Test func neitherLengthNorCompanyMatters() throws {
        let folder = try #require(GoldenFolders.own.first)
        let path = try model(folder, .discriminator)
        let network = try PretrainedNetwork(path, network: .discriminator)
        let detector = ReplacementDetector(network)
        let texts = (0..<300).map { number in
            Array((0..<number % 9).map { "w\(5 + (number * 7 + $0 * 3) % 56)" }.joined(separator: " ").utf8)
        }
        let together = detector.detect(texts)
        for number in [0, 1, 8, 150, 299] {
            let alone = detector.detect([texts[number]])[0]
            #expect(alone.tokens.map(\.id) == together[number].tokens.map(\.id))
            for (one, other) in zip(alone.tokens, together[number].tokens) {
                #expect(abs(one.logit - other.logit) < 1e-5)
            }
        }
        let long = Array((0..<1000).map { "w\(5 + $0 % 56)" }.joined(separator: " ").utf8)
        let detection = detector.detect([long])[0]
        #expect(detection.tokens.count == 1000 && detection.tokens.allSatisfy { $0.logit.isFinite })
        let generator = MaskFiller(try PretrainedNetwork(try model(folder, .generator), network: .generator), count: 3)
        let filled = generator.fill([long + Array(" [MASK]".utf8) + long + Array("[MASK]".utf8), Array("none".utf8)])
        #expect(filled[0].masks.count == 2 && filled[0].masks.allSatisfy { $0.guesses.count == 3 })
        #expect(filled[1].masks.isEmpty)
        let cut = TextEmbedder(try PretrainedNetwork(path, network: nil), vectors: .mean).embed([
            long, Array("w5".utf8),
        ])
        #expect(cut.map(\.isCut) == [true, false])
    }

    @Test func numpyFilesAreAsNumPyWritesThem() throws {
        var file = try NumpyFile(place.file("x.npy"), .float32, columns: 2)
        try file.append([Float(1), 2, 3, 4], rows: 2)
        try file.append([Float(5), 6], rows: 1)
        try file.finish()
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }"
        let expected =
            [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8)
            + [UInt8](repeating: 0x20, count: 117 - header.utf8.count) + [0x0A]
            + [Float(1), 2, 3, 4, 5, 6].withUnsafeBytes { Array($0) }
        #expect(try place.bytes("x.npy") == expected)
        #expect(!FileManager.default.fileExists(atPath: place.file("x.npy.partial")))
    }

    @Test func anUnfinishedNumpyFileGoes() throws {
        func write() throws {
            var file = try NumpyFile(place.file("x.npy"), .int64)
            try file.append([Int64(1)], rows: 1)
            #expect(FileManager.default.fileExists(atPath: place.file("x.npy.partial")))
            throw Failure.badData("a text that is none")
        }
        #expect(throws: Failure.self) { try write() }
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == [])
    }

    @Test func jsonIsWhatOthersRead() throws {
        let json: JSON = [
            "text": .text("a\"\\\n\u{1}é🦉"), "list": [1, 2.5, nil, true], "empty": [], "float": .float(1e-12),
            "nan": .number(.nan), "object": ["k": .integer(-3)],
        ]
        for text in [json.compact, json.pretty] {
            let read = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            #expect(read["text"] as? String == "a\"\\\n\u{1}é🦉")
            #expect((read["list"] as? [Any])?.count == 4 && (read["empty"] as? [Any])?.count == 0)
            #expect(read["float"] as? Double == 1e-12 && read["nan"] is NSNull)
        }
        #expect(json.compact.hasSuffix("\"object\": {\"k\": -3}}"))
    }
}
