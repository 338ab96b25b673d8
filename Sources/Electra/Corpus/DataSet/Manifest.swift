package import ElectraSupport
import Foundation

/// DATA/manifest.json: what a data set consists of. It is written last, so a folder that has one is whole.
package struct Manifest: Codable, Sendable, Equatable {
    package static let fileName = "manifest.json"
    /// The copy that a run keeps.
    package static let nameInRun = "data.json"
    package static let vocabularyFileName = "vocab.txt"
    package static let currentFormat = "electra-dist data"
    package static let currentVersion = 1

    package enum Split: String, Codable, Sendable, CaseIterable {
        case train
        case heldOut = "held-out"
    }

    package struct ShardEntry: Codable, Sendable, Equatable {
        package var name: String
        package var sequences: Int
        package var tokens: Int
        package var bytes: Int
        /// CRC-32C of everything after the shard's header, in hexadecimal.
        package var checksum: String

        var checksumValue: UInt32? { UInt32(checksum, radix: 16) }
    }

    package struct SplitEntry: Codable, Sendable, Equatable {
        package var sequences: Int
        package var tokens: Int
        package var shards: [ShardEntry]

        package init(shards: [ShardEntry]) {
            self.shards = shards
            sequences = shards.reduce(0) { $0 + $1.sequences }
            tokens = shards.reduce(0) { $0 + $1.tokens }
        }
    }

    package struct Source: Codable, Sendable, Equatable {
        package var name: String
        package var bytes: Int
    }

    package var format = Manifest.currentFormat
    package var version = Manifest.currentVersion
    package var maxLength: Int
    package var cased: Bool
    /// As in `TextRules`; absent in the ordinary case.
    package var stripAccents: Bool?
    /// Words that were taken out of the text as one token each; absent where the vocabulary has none.
    package var addedWords: [AddedWord]?
    package var vocabularySize: Int
    /// CRC-32C of vocab.txt, in hexadecimal.
    package var vocabularyChecksum: String
    package var seed: UInt64
    package var heldOutFraction: Double
    package var documents: Int
    /// Words that the vocabulary could not spell.
    package var unknownTokens: Int
    /// All words, spelt or not; absent in data sets of earlier versions.
    package var words: Int?
    package var train: SplitEntry
    package var heldOut: SplitEntry
    package var sources: [Source]

    package init(
        maxLength: Int, cased: Bool, stripAccents: Bool? = nil, addedWords: [AddedWord]? = nil, vocabularySize: Int,
        vocabularyChecksum: String, seed: UInt64, heldOutFraction: Double, documents: Int, unknownTokens: Int,
        words: Int? = nil, train: SplitEntry, heldOut: SplitEntry, sources: [Source]
    ) {
        self.maxLength = maxLength
        self.cased = cased
        self.stripAccents = stripAccents
        self.addedWords = addedWords
        self.vocabularySize = vocabularySize
        self.vocabularyChecksum = vocabularyChecksum
        self.seed = seed
        self.heldOutFraction = heldOutFraction
        self.documents = documents
        self.unknownTokens = unknownTokens
        self.words = words
        self.train = train
        self.heldOut = heldOut
        self.sources = sources
    }

    package var rules: TextRules { TextRules(cased: cased, stripAccents: stripAccents) }

    package func entry(of split: Split) -> SplitEntry {
        switch split {
        case .train: train
        case .heldOut: heldOut
        }
    }
}

extension Manifest {
    package var encoded: [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Nothing in the manifest is a value that JSON cannot hold.
        guard let data = try? encoder.encode(self) else { preconditionFailure("the manifest does not encode") }
        return Array(data) + [UInt8(ascii: "\n")]
    }

    package init(folder: String) throws(Failure) {
        let path = folder + "/" + Self.fileName
        guard FileAccess.kind(of: folder) != .missing else {
            throw .inputOutput(
                "\(folder): no such folder; make the data set with electra-dist prepare, or check --data")
        }
        guard FileAccess.kind(of: path) == .file else {
            throw .badData(
                "\(folder): no \(Self.fileName), so this is no whole data set; run prepare (again) to make it")
        }
        try self.init(file: path)
    }

    /// Positions in a sequence: the index of a shard has 16 bits for them.
    package static let lengths = 1...65_535

    package init(file path: String) throws(Failure) {
        let data = Data(try FileAccess.contents(of: path, remedy: Shard.remedy))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase

        // The version first: another version may well have other keys.
        guard let preamble = try? decoder.decode(Preamble.self, from: data), preamble.format == Self.currentFormat
        else {
            throw .badData("\(path): no manifest of an electra-dist data set; run prepare again")
        }
        guard preamble.version == Self.currentVersion else {
            throw .badData(
                "\(path): version \(Self.currentVersion) of the format expected, \(preamble.version) found; "
                    + "run prepare again with this version of electra-dist")
        }
        do {
            self = try decoder.decode(Manifest.self, from: data)
        } catch {
            throw .badData("\(path): damaged (\(Self.explain(error))); run prepare again")
        }
        let shards = train.shards + heldOut.shards
        // Sums of such counts do not overflow.
        let count = 1..<1 << 42
        guard Self.lengths.contains(maxLength), (1..<1 << 26).contains(vocabularySize), shards.count < 1 << 20,
            sources.count < 1 << 20,
            shards.allSatisfy({ count.contains($0.sequences) && count.contains($0.tokens) && count.contains($0.bytes) }
            ),
            shards.allSatisfy({ $0.checksumValue != nil && FileAccess.isPlainName($0.name) }),
            (addedWords ?? []).allSatisfy({ (0..<1 << 26).contains($0.id) }),
            sources.allSatisfy({ (0..<count.upperBound).contains($0.bytes) }),
            train == SplitEntry(shards: train.shards), heldOut == SplitEntry(shards: heldOut.shards)
        else {
            throw .badData("\(path): damaged (its totals contradict its shards); run prepare again")
        }
    }

    /// What every version has.
    private struct Preamble: Decodable {
        var format: String
        var version: Int
    }

    /// Whether a file is the manifest of a data set, of any version and whatever its other fields.
    package static func isOurs(_ path: String) -> Bool {
        guard let bytes = try? FileAccess.contents(of: path, remedy: Shard.remedy) else { return false }
        return (try? JSONDecoder().decode(Preamble.self, from: Data(bytes)))?.format == currentFormat
    }

    private static func explain(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "no key “\(key.stringValue)”"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "wrong kind of value at “\(context.codingPath.map(\.stringValue).joined(separator: "."))”"
        default: "not JSON"
        }
    }
}
