/// A piece of a corpus file: whole lines (without caring for documents), about half a megabyte.
///
/// Handed from the reader to one worker and never shared, hence Sendable.
final class TextBatch: @unchecked Sendable {
    let path: String
    let format: CorpusFile.Format
    let bytes: [UInt8]
    /// The number of its first line in the file, from 0.
    let firstLine: Int
    /// Whether the first line goes on from the batch before, and the last line into the next, for being extremely long.
    let continuesLine: Bool
    let cutsLine: Bool
    /// The last batch of its file.
    let endsFile: Bool

    init(
        path: String, format: CorpusFile.Format, bytes: [UInt8], firstLine: Int, continuesLine: Bool, cutsLine: Bool,
        endsFile: Bool
    ) {
        self.path = path
        self.format = format
        self.bytes = bytes
        self.firstLine = firstLine
        self.continuesLine = continuesLine
        self.cutsLine = cutsLine
        self.endsFile = endsFile
    }
}

/// Cuts the files of a corpus into batches of whole lines. Memory does not grow with the corpus.
///
/// Where a batch ends depends on the files alone, never on the number of threads.
struct CorpusReader: ~Copyable {
    static let batchBytes = 512 << 10
    /// A longer line of a text file is cut, at a space if there is one: nothing is lost by that, for a line break means
    /// as little to the packer as a space does. A longer line of JSON is refused.
    static let longestLine = 16 << 20

    /// Bytes taken from the disk so far.
    private(set) var consumed = 0
    private let files: [CorpusFile]
    private var next = 0
    private var source: ByteSource?
    /// What was read but not given out: always less than a batch, or one unfinished line.
    private var rest: [UInt8] = []
    private var consumedBefore = 0
    /// Line breaks of the file so far.
    private var lines = 0
    /// Whether the batch before cut a line.
    private var isInLine = false

    init(_ files: [CorpusFile]) {
        self.files = files
    }

    /// The next batch, or nil at the end of the corpus.
    mutating func nextBatch() throws(Failure) -> TextBatch? {
        while true {
            if source == nil {
                guard next < files.count else { return nil }
                source = try ByteSource(files[next])
                rest.removeAll(keepingCapacity: true)
                lines = 0
            }
            if let batch = try batch(of: files[next], from: source!) {
                if batch.endsFile {
                    consumedBefore = consumed
                    source = nil
                    next += 1
                }
                return batch
            }
        }
    }

    private mutating func batch(of file: CorpusFile, from source: ByteSource) throws(Failure) -> TextBatch? {
        var target = Self.batchBytes
        while true {
            let ended = try fill(upTo: target, from: source)
            consumed = consumedBefore + source.consumed
            if ended {
                return take(rest.count, of: file, endsFile: true)
            }
            if let newline = rest.lastIndex(of: UInt8(ascii: "\n")) {
                return take(newline + 1, of: file)
            }
            if rest.count >= Self.longestLine {
                guard file.format == .lines else {
                    throw .badData(
                        "\(file.path): a line of over \(Self.longestLine >> 20) MiB; "
                            + "JSON lines are expected, one document a line: split the document")
                }
                return take(Self.cut(rest), of: file, cutsLine: true)
            }
            target = min(2 * target, Self.longestLine)
        }
    }

    private mutating func take(
        _ count: Int, of file: CorpusFile, cutsLine: Bool = false, endsFile: Bool = false
    ) -> TextBatch {
        let bytes = Array(rest[..<count])
        rest.removeFirst(count)
        defer {
            isInLine = cutsLine
            lines += bytes.count { $0 == UInt8(ascii: "\n") }
        }
        return TextBatch(
            path: file.path, format: file.format, bytes: bytes, firstLine: lines, continuesLine: isInLine,
            cutsLine: cutsLine, endsFile: endsFile)
    }

    /// Reads until `rest` has `target` bytes; true if the file ended.
    private mutating func fill(upTo target: Int, from source: ByteSource) throws(Failure) -> Bool {
        var ended = false
        while rest.count < target && !ended {
            let wanted = target - rest.count
            var failure: Failure?
            let chunk = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
                do throws(Failure) {
                    count = try source.read(into: UnsafeMutableRawBufferPointer(buffer))
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            if chunk.isEmpty { ended = true }
            if rest.isEmpty { rest = chunk } else { rest += chunk }
        }
        return ended
    }

    /// Where to cut an endless line: after its last space, else before the last character that may be unfinished.
    private static func cut(_ line: [UInt8]) -> Int {
        if let space = line.lastIndex(of: 0x20) { return space + 1 }
        var end = line.count
        while end > line.count - 4 && line[end - 1] & 0xC0 == 0x80 { end -= 1 }
        return line[end - 1] >= 0xC0 ? end - 1 : line.count
    }
}
