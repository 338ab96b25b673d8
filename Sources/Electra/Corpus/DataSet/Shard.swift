import CKernels
import ElectraSupport

/// One file of a data set: sequences of token ids, ready for the network, mapped into memory.
///
///     header    64 bytes     ShardHeader
///     index      8 bytes a sequence: offset of its first token (4), length (2), positions of its first segment (2)
///     tokens     2 or 4 bytes each: [CLS] A [SEP] or [CLS] A [SEP] B [SEP], sequence after sequence
///
/// All numbers are little-endian. A sequence's first segment is [CLS] A [SEP] (token type 0), the rest has type 1; the
/// padding up to the maximum length is not stored.
package struct Shard: Sendable {
    static let indexEntryBytes = 8
    static let remedy = "the data set is damaged: run prepare again"

    let path: String
    let header: ShardHeader
    private let map: MemoryMap

    /// Maps the file; checks the header and that the file has exactly the size that its header and the manifest say.
    init(path: String, expecting entry: Manifest.ShardEntry, in manifest: Manifest) throws(Failure) {
        self.path = path
        map = try MemoryMap(path: path, remedy: Self.remedy)
        guard map.bytes.count == entry.bytes else {
            throw .badData("\(path): \(entry.bytes) bytes expected, \(map.bytes.count) found; \(Self.remedy)")
        }
        header = try ShardHeader(map.bytes, path: path)
        guard header.fileBytes == entry.bytes, header.sequenceCount == entry.sequences,
            header.tokenCount == entry.tokens, header.payloadChecksum == entry.checksumValue,
            header.maximumLength == manifest.maxLength, header.vocabularySize == manifest.vocabularySize
        else {
            throw .badData("\(path): its header tells of another shard than \(Manifest.fileName) does; \(Self.remedy)")
        }
    }

    var count: Int { header.sequenceCount }

    @inline(__always)
    private func entry(_ index: Int) -> (offset: Int, length: Int, first: Int) {
        precondition(index >= 0 && index < header.sequenceCount)
        let place = map.bytes.baseAddress! + ShardHeader.bytes + index * Self.indexEntryBytes
        let word = UInt64(littleEndian: place.load(as: UInt64.self))
        return (Int(word & 0xFFFF_FFFF), Int(word >> 32 & 0xFFFF), Int(word >> 48))
    }

    func length(of index: Int) -> Int { entry(index).length }

    /// Copies the ids of a sequence; `ids` must have room for the maximum length. What was verified when the file was opened
    /// may have been changed since: nothing of it is believed.
    func read(
        _ index: Int, into ids: UnsafeMutablePointer<Int32>
    ) throws(Failure) -> (length: Int, firstSegmentLength: Int) {
        let entry = entry(index)
        guard isInside(entry) else { throw changed("sequence \(index) lies outside of it") }
        let (offset, length, first) = entry
        let tokens = map.bytes.baseAddress! + ShardHeader.bytes + count * Self.indexEntryBytes
        var largest: UInt32 = 0
        func copy<Word: FixedWidthInteger & UnsignedInteger>(_: Word.Type) {
            let source = (tokens + MemoryLayout<Word>.size * offset).assumingMemoryBound(to: Word.self)
            for position in 0..<length {
                let id = UInt32(truncatingIfNeeded: Word(littleEndian: source[position]))
                ids[position] = Int32(bitPattern: id)
                largest = max(largest, id)
            }
        }
        if header.tokenWidth == 2 { copy(UInt16.self) } else { copy(UInt32.self) }
        guard largest < header.vocabularySize else {
            throw changed(
                "sequence \(index) has token \(largest), and the vocabulary ends at \(header.vocabularySize - 1)")
        }
        if map.isCut { throw changed("it is shorter than it was") }
        return (length, first)
    }

    /// Other ids that are valid, too, would go unseen: before what was learned from them is kept.
    func checkIsUnchanged() throws(Failure) {
        if map.isWritten { throw changed("somebody wrote into it") }
    }

    private func changed(_ what: String) -> Failure {
        .badData("\(path): was changed while it was in use: \(what); \(Self.remedy)")
    }

    /// Reads all of the file: compares its checksum, and checks what a wrong program could have written under a right
    /// one.
    func verify() throws(Failure) {
        let payload = UnsafeRawBufferPointer(rebasing: map.bytes[ShardHeader.bytes...])
        let found = ck_crc32c(0, payload.baseAddress, payload.count)
        guard found == header.payloadChecksum else {
            throw .badData(
                "\(path): checksum \(hexadecimal(header.payloadChecksum)) expected, "
                    + "\(hexadecimal(found)) found; \(Self.remedy)")
        }
        for index in 0..<count {
            let entry = entry(index)
            guard entry.first >= 2 else {
                throw .badData(
                    "\(path): 2 or more tokens expected in the first segment of sequence \(index), "
                        + "\(entry.first) found; \(Self.remedy)")
            }
            guard isInside(entry) else {
                throw .badData("\(path): sequence \(index) lies outside of the shard; \(Self.remedy)")
            }
        }
        let largest = header.tokenWidth == 2 ? largestToken(of: UInt16.self) : largestToken(of: UInt32.self)
        guard largest < header.vocabularySize else {
            throw .badData(
                "\(path): tokens from 0 to \(header.vocabularySize - 1) expected, \(largest) found; \(Self.remedy)")
        }
    }

    /// Of all tokens, read as unsigned: one loop without a way out, which runs as fast as memory does.
    private func largestToken<Word: FixedWidthInteger & UnsignedInteger>(of type: Word.Type) -> Int {
        let tokens = map.bytes.baseAddress! + ShardHeader.bytes + count * Self.indexEntryBytes
        let words = tokens.assumingMemoryBound(to: Word.self)
        var largest: Word = 0
        for place in 0..<header.tokenCount { largest = max(largest, Word(littleEndian: words[place])) }
        return Int(largest)
    }

    private func isInside(_ entry: (offset: Int, length: Int, first: Int)) -> Bool {
        // [CLS] and [SEP] are in the first segment.
        entry.length <= header.maximumLength && entry.first >= 2 && entry.first <= entry.length
            && entry.offset + entry.length <= header.tokenCount
    }
}
