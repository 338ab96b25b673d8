import ElectraCorpus
import ElectraSupport

/// A file of examples in memory, and what it looks like.
struct LabelledFile {
    enum Format {
        /// A tab between columns; quotation marks are characters like others, as in GLUE.
        case tabs
        /// Commas between columns, and quotation marks around those that need them (RFC 4180).
        case commas
        /// A JSON object a line.
        case jsonLines
    }

    /// More columns are those of something else.
    static let mostColumns = 4096
    static let longestLine = 16 << 20

    let path: String
    /// UTF-8 without zeros in it.
    let bytes: [UInt8]
    /// Of a line of something longer, its number.
    private let lineNumber: Int?

    init(_ path: String, longestLine: Int = Self.longestLine) throws(Failure) {
        self.path = path
        bytes = try WholeText.read(path, longestLine: longestLine)
        lineNumber = nil
    }

    /// A line of something longer.
    init(line: [UInt8], _ source: SourceLine) {
        (path, bytes, lineNumber) = (source.file, line, source.line)
    }

    var isWhole: Bool { lineNumber == nil }

    /// By the name; of another name by the first line.
    var format: Format {
        let packings = [".gz", ".bz2", ".xz", ".zst"]
        var name = path.lowercased()
        if let packing = packings.first(where: name.hasSuffix) { name.removeLast(packing.count) }
        let suffixes: [(suffix: String, format: Format)] = [
            (".tsv", .tabs), (".txt", .tabs), (".csv", .commas), (".jsonl", .jsonLines), (".json", .jsonLines),
            (".ndjson", .jsonLines),
        ]
        if let known = suffixes.first(where: { name.hasSuffix($0.suffix) }) { return known.format }
        if looksLikeJSON { return .jsonLines }
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        return line.contains(UInt8(ascii: ",")) && !line.contains(UInt8(ascii: "\t")) ? .commas : .tabs
    }

    /// JSON as people have it begins with a member, text with a brace rarely does.
    private var looksLikeJSON: Bool {
        let start = bytes.drop(while: isSpace)
        let next = start.dropFirst().drop(while: isSpace).first
        return switch start.first {
        case UInt8(ascii: "{"): next == UInt8(ascii: "\"") || next == UInt8(ascii: "}")
        case UInt8(ascii: "["): next == UInt8(ascii: "{")
        default: false
        }
    }

    func source(_ line: Int) -> SourceLine { SourceLine(file: path, line: lineNumber ?? line) }
}

func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
