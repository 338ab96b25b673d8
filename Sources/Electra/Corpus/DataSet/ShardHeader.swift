import CKernels
import ElectraSupport

/// The first 64 bytes of a shard, little-endian:
///
///      0   8  magic "ELECTRAD"
///      8   4  version of the format, 1
///     12   4  maximum length of a sequence
///     16   4  size of the vocabulary
///     20   4  bytes of a token: 2 if the vocabulary has at most 65,536 pieces, else 4
///     24   8  count of sequences
///     32   8  count of tokens
///     40   4  CRC-32C of everything after the header
///     44  16  zeros
///     60   4  CRC-32C of bytes 0 to 59
struct ShardHeader: Sendable, Equatable {
    static let bytes = 64
    static let magic = Array("ELECTRAD".utf8)
    static let version: UInt32 = 1

    var maximumLength: Int
    var vocabularySize: Int
    var sequenceCount: Int
    var tokenCount: Int
    var payloadChecksum: UInt32

    var tokenWidth: Int { Self.tokenWidth(vocabularySize: vocabularySize) }

    static func tokenWidth(vocabularySize: Int) -> Int { vocabularySize <= 65_536 ? 2 : 4 }

    /// The size of the file that goes with this header.
    var fileBytes: Int { Self.bytes + sequenceCount * Shard.indexEntryBytes + tokenCount * tokenWidth }

    var encoded: [UInt8] {
        var bytes = Self.magic
        func put<Word: FixedWidthInteger>(_ word: Word) {
            withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
        }
        put(Self.version)
        put(UInt32(maximumLength))
        put(UInt32(vocabularySize))
        put(UInt32(tokenWidth))
        put(UInt64(sequenceCount))
        put(UInt64(tokenCount))
        put(payloadChecksum)
        bytes += [UInt8](repeating: 0, count: 16)
        put(bytes.withUnsafeBytes { ck_crc32c(0, $0.baseAddress, $0.count) })
        return bytes
    }
}

extension ShardHeader {
    init(_ file: UnsafeRawBufferPointer, path: String) throws(Failure) {
        guard file.count >= Self.bytes else {
            throw .badData(
                "\(path): a header of \(Self.bytes) bytes expected, \(file.count) bytes found; \(Shard.remedy)")
        }
        guard file.prefix(8).elementsEqual(Self.magic) else {
            throw .badData("\(path): no shard of electra-dist (its first 8 bytes are not “ELECTRAD”); \(Shard.remedy)")
        }
        let expected = UInt32(littleEndian: file.loadUnaligned(fromByteOffset: 60, as: UInt32.self))
        let found = ck_crc32c(0, file.baseAddress, 60)
        guard expected == found else {
            throw .badData(
                "\(path): header checksum \(hexadecimal(expected)) expected, \(hexadecimal(found)) found; "
                    + Shard.remedy)
        }
        func word(_ offset: Int) -> Int {
            Int(UInt32(littleEndian: file.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        }
        func longWord(_ offset: Int) -> Int {
            Int(clamping: UInt64(littleEndian: file.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
        }
        guard word(8) == Self.version else {
            throw .badData(
                "\(path): shard format \(Self.version) expected, \(word(8)) found; "
                    + "run prepare again with this version of electra-dist")
        }
        self.init(
            maximumLength: word(12), vocabularySize: word(16), sequenceCount: longWord(24), tokenCount: longWord(32),
            payloadChecksum: UInt32(word(40)))
        guard word(20) == tokenWidth else {
            throw .badData("\(path): \(tokenWidth) bytes a token expected, \(word(20)) found; \(Shard.remedy)")
        }
        // Counts beyond the file could not even be added up.
        guard sequenceCount <= file.count, tokenCount <= file.count, maximumLength > 0 else {
            throw .badData(
                "\(path): \(sequenceCount) sequences of \(tokenCount) tokens claimed, \(file.count) bytes found; "
                    + Shard.remedy)
        }
    }
}
