public import ElectraSupport

/// A prepared corpus, opened for training: DATA/manifest.json, vocab.txt and the shards, mapped into memory.
///
/// Opening checks every file's size and header, which is quick; `verify` reads everything and checks the checksums.
/// Immutable, so any thread may read.
public struct DataSet: Sendable {
    public let path: String
    package let manifest: Manifest
    package let vocabulary: Vocabulary
    /// The sequences to learn from.
    package let train: SequenceStore
    /// The sequences that are never trained on.
    package let heldOut: SequenceStore
    /// A fingerprint of the vocabulary and of all sequences: a resumed run checks that its data are still the same.
    package let identity: String

    public init(_ path: String) throws(Failure) {
        self.path = path
        manifest = try Manifest(folder: path)
        let vocabularyPath = path + "/" + Manifest.vocabularyFileName
        vocabulary = try Vocabulary(
            path: vocabularyPath, addedWords: manifest.addedWords ?? [], remedy: Shard.remedy)
        guard vocabulary.count == manifest.vocabularySize,
            hexadecimal(vocabulary.checksum) == manifest.vocabularyChecksum
        else {
            throw .badData(
                "\(vocabularyPath): \(manifest.vocabularySize) pieces with checksum "
                    + "\(manifest.vocabularyChecksum) expected, \(vocabulary.count) with "
                    + "\(hexadecimal(vocabulary.checksum)) found; it was changed after prepare: run prepare again")
        }
        train = try SequenceStore(.train, of: manifest, in: path)
        heldOut = try SequenceStore(.heldOut, of: manifest, in: path)
        identity = Self.identity(of: manifest)
    }

    package subscript(split: Manifest.Split) -> SequenceStore {
        switch split {
        case .train: train
        case .heldOut: heldOut
        }
    }

    /// Whether a path holds a data set, whole or not so.
    package static func isDataSet(_ path: String) -> Bool {
        FileAccess.kind(of: path + "/" + Manifest.fileName) == .file
    }

    /// Compares checksums of the shards number `part`, `part + parts`, ...; all of them for part 0 of 1. That takes a second
    /// for each GB that is in memory already, and far longer from a network's disk: `progress` says so.
    package func verify(part: Int = 0, of parts: Int = 1, progress: ProgressLine? = nil) throws(Failure) {
        let shards = train.shards + heldOut.shards
        let bytes = shards.reduce(0) { $0 + $1.header.fileBytes }
        let detail = "\(path), \(decimal(Double(bytes) / 1e9, 1)) GB"
        progress?.announce(detail)
        defer { progress?.finish() }
        for index in stride(from: part, to: shards.count, by: parts) {
            try shards[index].verify()
            progress?.update(fraction: Double(index + 1) / Double(shards.count), detail: detail)
        }
    }

    /// That nobody wrote into the files since they were opened.
    package func checkIsUnchanged() throws(Failure) {
        for shard in train.shards + heldOut.shards { try shard.checkIsUnchanged() }
    }

    /// FNV-1a, 64 bits, over all that decides what a token of the data set means.
    package static func identity(of manifest: Manifest) -> String {
        var text = "\(manifest.version) \(manifest.maxLength) \(manifest.cased) \(manifest.vocabularyChecksum)"
        if let strips = manifest.stripAccents { text += " accents \(strips)" }
        for word in manifest.addedWords ?? [] { text += " \(word)" }
        for split in Manifest.Split.allCases {
            for shard in manifest.entry(of: split).shards {
                text += " \(split.rawValue) \(shard.sequences) \(shard.tokens) \(shard.checksum)"
            }
        }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return hexadecimal(UInt32(hash >> 32)) + hexadecimal(UInt32(truncatingIfNeeded: hash))
    }
}
