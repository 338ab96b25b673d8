package import ElectraSupport

/// The text of one file, whole and unpacked: for files of examples, whose errors are those of a line. What a corpus has plenty
/// of and passes over, such as bytes that are not UTF-8, is refused here.
package enum WholeText {
    /// Larger files are refused. A packed one of a megabyte may hold this much.
    private static let most = 1 << 30
    private static let chunk = 1 << 20

    /// Without its byte order mark. `longestLine` in bytes; what is longer is refused once it is met.
    package static func read(_ path: String, longestLine: Int) throws(Failure) -> [UInt8] {
        if FileAccess.kind(of: path) == .folder {
            throw .inputOutput("\(path): expected a file, found a folder; name one of its files")
        }
        let source = try CorpusSource(path, remedy: "check the path and its permissions")
        guard let part = try source.nextPart(), part.path == path else {
            throw .badData("\(path): an archive, and one file is expected; unpack it, and name a file of it")
        }
        try checkBeginning(part)
        var bytes = try all(of: part, longestLine: longestLine)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        try check(bytes, path)
        return bytes
    }

    private static func checkBeginning(_ part: CorpusSource.Part) throws(Failure) {
        let (path, first) = (part.path, part.first)
        if let foreign = NonTextContent(first) { throw .badData("\(path): \(foreign.refusal(of: path))") }
        let encoding = TextEncoding(first, isWhole: part.isWhole)
        guard encoding.isUTF8 else {
            let line = line(of: firstInvalid(first) ?? 0, in: first)
            throw .badData(
                "\(path):\(line): \(encoding.description), and UTF-8 is expected; \(encoding.remedy(path))")
        }
        if ContentFormat.hasLoneCarriageReturns(first) {
            throw .badData(
                "\(path):1: its lines end with a carriage return alone, so all of it would be one line; "
                    + "convert it (tr '\\r' '\\n' < \(path) > \(path).txt)")
        }
    }

    private static func all(of part: CorpusSource.Part, longestLine: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var lineStart = 0
        while true {
            var failure: Failure?
            let added = [UInt8](unsafeUninitializedCapacity: chunk) { buffer, count in
                do throws(Failure) {
                    count = try part.read(into: UnsafeMutableRawBufferPointer(buffer))
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            if added.isEmpty { return bytes }
            let breaks = added.firstIndex(of: UInt8(ascii: "\n"))
            guard bytes.count - lineStart + (breaks ?? added.count) <= longestLine else {
                throw .badData(
                    "\(part.path):\(line(of: lineStart, in: bytes)): a line of over \(longestLine >> 20) MiB, which no "
                        + "example has; is it one example a line?")
            }
            if breaks != nil, let last = added.lastIndex(of: UInt8(ascii: "\n")) { lineStart = bytes.count + last + 1 }
            bytes += added
            guard bytes.count <= most else {
                throw .badData("\(part.path): more than \(most >> 20) MiB of text; split the file")
            }
        }
    }

    private static func check(_ bytes: [UInt8], _ path: String) throws(Failure) {
        guard !bytes.isEmpty else { throw .badData("\(path): expected examples, found an empty file") }
        if let place = bytes.firstIndex(of: 0) {
            throw .badData("\(path):\(line(of: place, in: bytes)): a byte of zero, which no text has; mend the line")
        }
        if let place = firstInvalid(bytes) {
            throw .badData(
                "\(path):\(line(of: place, in: bytes)): not UTF-8; mend the line, or convert the file with iconv")
        }
    }

    /// Where the first byte is that is not UTF-8; nil where all are.
    private static func firstInvalid(_ bytes: [UInt8]) -> Int? {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span)
            return nil
        } catch {
            return error.byteOffsets.lowerBound
        }
    }

    /// From 1.
    private static func line(of place: Int, in bytes: [UInt8]) -> Int {
        1 + bytes[..<place].count { $0 == UInt8(ascii: "\n") }
    }
}
