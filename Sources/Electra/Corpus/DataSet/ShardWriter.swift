import CKernels
package import ElectraSupport

/// Collects the sequences of one split and writes them as shards of up to 64 MB (see `Shard` for the format).
package struct ShardWriter: ~Copyable {
    static let defaultShardBytes = 64 << 20

    package let split: Manifest.Split
    package let folder: String
    package let maximumLength: Int
    package let vocabularySize: Int
    let shardBytes: Int
    private let tokenWidth: Int

    private var index: [UInt64] = []
    private var tokens: [UInt8] = []
    package private(set) var shards: [Manifest.ShardEntry] = []
    package private(set) var sequenceCount = 0

    package init(
        _ split: Manifest.Split, folder: String, maximumLength: Int, vocabularySize: Int,
        shardBytes: Int = ShardWriter.defaultShardBytes
    ) {
        self.split = split
        self.folder = folder
        self.maximumLength = maximumLength
        self.vocabularySize = vocabularySize
        self.shardBytes = shardBytes
        tokenWidth = ShardHeader.tokenWidth(vocabularySize: vocabularySize)
    }

    package mutating func append(_ ids: UnsafeBufferPointer<Int32>, firstSegmentLength: Int) throws(Failure) {
        let size = ShardHeader.bytes + (index.count + 1) * Shard.indexEntryBytes + tokens.count + ids.count * tokenWidth
        if size > shardBytes && !index.isEmpty { try writeShard() }
        let offset = UInt64(tokens.count / tokenWidth)
        index.append((offset | UInt64(ids.count) << 32 | UInt64(firstSegmentLength) << 48).littleEndian)
        if tokenWidth == 2 {
            for id in ids {
                tokens.append(UInt8(truncatingIfNeeded: id))
                tokens.append(UInt8(truncatingIfNeeded: id >> 8))
            }
        } else {
            for id in ids { withUnsafeBytes(of: id.littleEndian) { tokens.append(contentsOf: $0) } }
        }
        sequenceCount += 1
    }

    /// Writes what is left. The shards are in `shards` then.
    package mutating func finish() throws(Failure) {
        if !index.isEmpty { try writeShard() }
    }

    private mutating func writeShard() throws(Failure) {
        let name = "\(split.rawValue)-\(zeroPadded(shards.count, to: 5)).shard"
        var checksum = index.withUnsafeBytes { ck_crc32c(0, $0.baseAddress, $0.count) }
        checksum = tokens.withUnsafeBytes { ck_crc32c(checksum, $0.baseAddress, $0.count) }
        let header = ShardHeader(
            maximumLength: maximumLength, vocabularySize: vocabularySize, sequenceCount: index.count,
            tokenCount: tokens.count / tokenWidth, payloadChecksum: checksum)
        let path = folder + "/" + name
        let result: Result<Void, Failure> = header.encoded.withUnsafeBytes { header in
            index.withUnsafeBytes { index in
                tokens.withUnsafeBytes { tokens in
                    do throws(Failure) {
                        return .success(try FileAccess.write([header, index, tokens], to: path))
                    } catch {
                        return .failure(error)
                    }
                }
            }
        }
        try result.get()
        shards.append(
            Manifest.ShardEntry(
                name: name, sequences: header.sequenceCount, tokens: header.tokenCount, bytes: header.fileBytes,
                checksum: hexadecimal(checksum)))
        index.removeAll(keepingCapacity: true)
        tokens.removeAll(keepingCapacity: true)
    }
}
