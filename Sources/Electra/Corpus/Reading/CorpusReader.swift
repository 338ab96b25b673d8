import ElectraSupport

/// A piece of a text: whole lines (without caring for documents), about half a megabyte.
///
/// Handed from the reader to one worker and never shared, hence Sendable.
final class TextBatch: @unchecked Sendable {
    let path: String
    let format: TextFormat
    let bytes: [UInt8]
    /// The number of its first line in the file, from 0.
    let firstLine: Int
    /// Whether the first line goes on from the batch before, and the last line into the next, for being extremely long.
    let continuesLine: Bool
    let cutsLine: Bool
    /// The last batch of its text, a file or an entry of an archive.
    let endsFile: Bool

    init(
        path: String, format: TextFormat, bytes: [UInt8], firstLine: Int, continuesLine: Bool, cutsLine: Bool,
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
    private let options: ReadingOptions
    private let note: (String) -> Void
    private var next = 0
    private var source: CorpusSource?
    /// The text that is being read.
    private var part: (text: CorpusSource.Part, format: TextFormat)?
    /// What was read but not given out: always less than a batch, or one unfinished line.
    private var rest: [UInt8] = []
    private var consumedBefore = 0
    /// Line breaks of the text so far.
    private var lines = 0
    /// Whether the batch before cut a line.
    private var isInLine = false

    /// `note` is told what was passed over in archives.
    init(_ files: CorpusFiles, note: @escaping (String) -> Void = { _ in }) {
        self.files = files.files
        options = files.options
        self.note = note
    }

    /// The next batch, or nil at the end of the corpus.
    mutating func nextBatch() throws(Failure) -> TextBatch? {
        if part == nil { try openNextPart() }
        guard let part, let source else { return nil }
        let batch = try batch(of: part.text, part.format, from: source)
        if batch.endsFile { self.part = nil }
        return batch
    }

    /// The next text of this file, or of one after it.
    private mutating func openNextPart() throws(Failure) {
        while true {
            if source == nil {
                guard next < files.count else { return }
                source = try CorpusSource(files[next].path)
            }
            guard let source else { return }
            if let text = try source.nextPart() {
                part = (text, try text.format(insisting: options.format))
                rest.removeAll(keepingCapacity: true)
                lines = 0
                return
            }
            source.notes.forEach(note)
            consumedBefore += source.consumed
            self.source = nil
            next += 1
        }
    }

    private mutating func batch(
        of text: CorpusSource.Part, _ format: TextFormat, from source: CorpusSource
    ) throws(Failure) -> TextBatch {
        var target = Self.batchBytes
        while true {
            let ended = try fill(upTo: target, from: text)
            consumed = consumedBefore + source.consumed
            if ended {
                return take(rest.count, of: text, format, endsFile: true)
            }
            if let newline = rest.lastIndex(of: UInt8(ascii: "\n")) {
                return take(newline + 1, of: text, format)
            }
            if rest.count >= Self.longestLine {
                guard format == .lines else {
                    throw .badData(
                        "\(text.path): a line of over \(Self.longestLine >> 20) MiB; "
                            + "JSON lines are expected, one document a line: split the document")
                }
                return take(Self.cut(rest), of: text, format, cutsLine: true)
            }
            target = min(2 * target, Self.longestLine)
        }
    }

    private mutating func take(
        _ count: Int, of text: CorpusSource.Part, _ format: TextFormat, cutsLine: Bool = false, endsFile: Bool = false
    ) -> TextBatch {
        let bytes = Array(rest[..<count])
        rest.removeFirst(count)
        defer {
            isInLine = cutsLine
            lines += bytes.count { $0 == UInt8(ascii: "\n") }
        }
        return TextBatch(
            path: text.path, format: format, bytes: bytes, firstLine: lines, continuesLine: isInLine,
            cutsLine: cutsLine, endsFile: endsFile)
    }

    /// Reads until `rest` has `target` bytes; true if the text ended.
    private mutating func fill(upTo target: Int, from text: CorpusSource.Part) throws(Failure) -> Bool {
        var ended = false
        while rest.count < target && !ended {
            let wanted = target - rest.count
            var failure: Failure?
            let chunk = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
                do throws(Failure) {
                    count = try text.read(into: UnsafeMutableRawBufferPointer(buffer))
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
