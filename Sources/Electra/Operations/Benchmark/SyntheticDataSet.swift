import ElectraCorpus
import ElectraKernels
import ElectraSupport
import Foundation

/// A data set of random tokens in full sequences: all that the time of a step depends on.
enum SyntheticDataSet {
    /// Made in a temporary folder and opened; the maps stay valid when the folder is gone, as it is at once.
    static func make(sequences: Int, length: Int, vocabularySize: Int) throws(Failure) -> DataSet {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "electra-benchmark-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileAccess.makeFolder(folder.path)
        let special = Vocabulary.specialPieces
        let vocabulary = try Vocabulary(
            pieces: special + (special.count..<vocabularySize).map { "w\($0)" }, name: "the benchmark's vocabulary")
        try vocabulary.write(to: "\(folder.path)/\(Manifest.vocabularyFileName)")
        func shards(_ split: Manifest.Split, _ count: Int) throws(Failure) -> Manifest.SplitEntry {
            var writer = ShardWriter(split, folder: folder.path, maximumLength: length, vocabularySize: vocabularySize)
            for sequence in 0..<count {
                let random = RandomStream(seed: 1, .packing, sequence: sequence)
                var ids = (0..<length).map {
                    Int32(special.count + random.integer($0, below: vocabularySize - special.count))
                }
                ids[0] = vocabulary.classifier
                ids[length / 2] = vocabulary.separator
                ids[length - 1] = vocabulary.separator
                let failure: Failure? = ids.withUnsafeBufferPointer { ids in
                    do throws(Failure) {
                        try writer.append(ids, firstSegmentLength: length / 2 + 1)
                        return nil
                    } catch { return error }
                }
                if let failure { throw failure }
            }
            try writer.finish()
            return Manifest.SplitEntry(shards: writer.shards)
        }
        let manifest = Manifest(
            maxLength: length, cased: false, vocabularySize: vocabularySize,
            vocabularyChecksum: hexadecimal(vocabulary.checksum), seed: 0, heldOutFraction: 0, documents: sequences,
            unknownTokens: 0, train: try shards(.train, sequences), heldOut: try shards(.heldOut, 0), sources: [])
        try FileAccess.write(manifest.encoded, to: "\(folder.path)/\(Manifest.fileName)")
        return try DataSet(folder.path)
    }
}
