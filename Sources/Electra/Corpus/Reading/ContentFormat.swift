import ElectraSupport
import Foundation

/// How the text of a file is laid out, told by its first bytes: text by lines, JSON lines, or nothing that is read here.
///
/// Where name and content say different things, or the content can be read in two ways, the file is refused with a line
/// that says how to insist: a corpus of keys and URLs trains as well as any other, and nobody would notice.
enum ContentFormat {
    /// As many bytes are looked at.
    static let bytesLookedAt = 1 << 16

    /// `isWhole`: the bytes are the whole file.
    static func format(
        of first: [UInt8], isWhole: Bool, path: String, insisting format: TextFormat?
    ) throws(Failure) -> TextFormat {
        if let foreign = NonTextContent(first) {
            throw .badData("\(path): \(foreign.refusal(of: path))")
        }
        if ArchiveBytes.packing(of: first) != nil {
            throw .badData("\(path): an archive or a packed file inside of another one; unpack it first")
        }
        let encoding = TextEncoding(first, isWhole: isWhole)
        guard encoding.isUTF8 else {
            throw .badData("\(path): \(encoding.description), and UTF-8 is expected; \(encoding.remedy(path))")
        }
        if hasLoneCarriageReturns(first) {
            throw .badData(
                "\(path): its lines end with a carriage return alone, so all of it would be one line; "
                    + "convert it (tr '\\r' '\\n' < \(path) > \(path).txt)")
        }
        if let format { return format }
        let text = first.starts(with: [0xEF, 0xBB, 0xBF]) ? first[3...] : first[...]
        if try isJSONLines(text, isWhole: isWhole, path: path) { return .jsonLines }
        if let markup = markup(text) {
            throw .badData(
                "\(path): looks like \(markup.name); \(markup.remedy), or insist with --format text")
        }
        if isTable(text, isWhole: isWhole, path: path) {
            throw .badData(
                "\(path): looks like a table, with as many columns in each line; cut the column of the text out "
                    + "(cut -f2 \(path) > \(path).txt; csvcut where there are quotes), or insist with --format text")
        }
        return .lines
    }

    /// As classic Mac OS wrote them.
    static func hasLoneCarriageReturns(_ bytes: [UInt8]) -> Bool {
        bytes.count { $0 == UInt8(ascii: "\r") } > 1 && !bytes.contains(UInt8(ascii: "\n"))
    }

    // MARK: JSON

    private static func isJSONLines(_ text: ArraySlice<UInt8>, isWhole: Bool, path: String) throws(Failure) -> Bool {
        let isNamedJSON = CorpusName(path).isJSON
        let start = text.drop(while: isSpace)
        let line = start.prefix { $0 != UInt8(ascii: "\n") }
        // JSON as people have it begins with a member, text with a brace rarely does.
        let next = start.dropFirst().drop(while: isSpace).first
        let isObject = start.first == UInt8(ascii: "{") && (next == UInt8(ascii: "\"") || next == UInt8(ascii: "}"))
        let isList = start.first == UInt8(ascii: "[") && (isNamedJSON || next.map { "{[\"".utf8.contains($0) } == true)
        let isLine = line.endIndex < start.endIndex || isWhole
        if isObject {
            // A document may be longer than what is looked at.
            if !isLine || isOneValue(line) { return true }
            if isOneValue(start) || start.dropFirst().first.map(isSpace) == true {
                throw .badData(
                    "\(path): looks like JSON over several lines, and one object a line is expected; "
                        + "convert it (jq -c . \(path) > \(path).jsonl), or insist with --format text")
            }
            if isNamedJSON { return true }
            throw .badData(
                "\(path): begins like JSON lines, but its first line is not one object; mend it, or insist with "
                    + "--format json (with --skip-bad-lines) or --format text")
        }
        if isList && (isNamedJSON || !isLine || isOneValue(line) || isOneValue(start) || next == UInt8(ascii: "{")) {
            throw .badData(
                "\(path): looks like a list in JSON, and one object a line is expected; convert it "
                    + "(jq -c '.[]' \(path) > \(path).jsonl), or insist with --format text")
        }
        if isNamedJSON && !start.isEmpty {
            // Its first line may be a bad one.
            return true
        }
        return false
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// Whether the bytes are JSON of one value, from first to last.
    private static func isOneValue(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            var scanner = JSONScanner(bytes, .lenient)
            do throws(JSONScanner.Problem) {
                try scanner.skipValue()
                try scanner.end()
                return true
            } catch {
                return false
            }
        }
    }

    // MARK: Markup and tables

    private static func markup(_ text: ArraySlice<UInt8>) -> (name: String, remedy: String)? {
        let start = String(decoding: text.drop(while: isSpace).prefix(64), as: UTF8.self).lowercased()
        let html = (name: "an HTML page", remedy: "extract its text (pandoc -t plain, trafilatura)")
        let kinds: [(prefix: String, name: String, remedy: String)] = [
            ("<!doctype html", html.name, html.remedy), ("<html", html.name, html.remedy),
            (
                "<mediawiki", "a dump of MediaWiki",
                "extract its articles (wikiextractor --json)"
            ),
            ("<doc id=", "wikiextractor's output with tags", "extract again with wikiextractor --json"),
            ("<?xml", "XML", "extract its text (xmlstarlet sel -t -v //TEXT)"),
            ("<tei", "XML", "extract its text (xmlstarlet sel -t -v //TEXT)"),
        ]
        return kinds.first { start.hasPrefix($0.prefix) }.map { ($0.name, $0.remedy) }
    }

    /// Columns with tabs between them, or a file that calls itself a table.
    private static func isTable(_ text: ArraySlice<UInt8>, isWhole: Bool, path: String) -> Bool {
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if !isWhole || lines.last?.isEmpty == true { lines = lines.dropLast() }
        let counts = lines.prefix(100).map { line in line.count { $0 == UInt8(ascii: "\t") } }
        let hasColumns = counts.count >= 3 && counts[0] > 0 && counts.allSatisfy { $0 == counts[0] }
        return hasColumns || CorpusName(path).isTable
    }
}
