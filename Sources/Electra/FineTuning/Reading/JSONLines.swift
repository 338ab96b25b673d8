import ElectraSupport

/// The objects of a file with one of them a line, and of each the values that are wanted.
struct JSONLines {
    /// Of the object that was read last.
    private(set) var source: SourceLine
    private let file: LabelledFile
    private var lines: Lines
    private var line: ArraySlice<UInt8> = []
    private var isFirst = true

    init(_ file: LabelledFile) {
        self.file = file
        source = file.source(1)
        lines = Lines(file.bytes)
    }

    /// The values that the next object has for `keys`, nil for those that are not there; nil at the end.
    mutating func next(_ keys: [String?]) throws(Failure) -> [JSON?]? {
        var values = [JSON?](repeating: nil, count: keys.count)
        let isThere = try next { (scanner, key) throws(JSONScanner.Problem) in
            guard let index = keys.firstIndex(where: { $0?.utf8.elementsEqual(key) == true }) else {
                return try scanner.skipValue()
            }
            values[index] = try scanner.value()
        }
        return isThere ? values : nil
    }

    /// Calls `member` after each key of the next object, to read the value. False at the end.
    mutating func next(
        _ member: (inout JSONScanner, [UInt8]) throws(JSONScanner.Problem) -> Void
    ) throws(Failure) -> Bool {
        repeat {
            guard let next = lines.next() else {
                if isFirst { throw .badData("\(file.path): expected examples, found blank lines only") }
                return false
            }
            (source, line) = (file.source(next.number), next.bytes)
        } while line.allSatisfy(isSpace)
        guard line.count <= LabelledFile.longestLine else {
            throw source.failure(layout ?? "a line of over \(LabelledFile.longestLine >> 20) MiB, which no example has")
        }
        do throws(JSONScanner.Problem) {
            try line.withUnsafeBufferPointer { (line) throws(JSONScanner.Problem) in
                var scanner = JSONScanner(line, .lenient)
                try scanner.object(member)
                try scanner.end()
            }
        } catch {
            throw source.failure(layout ?? "\(error.description); mend the line")
        }
        isFirst = false
        return true
    }

    /// The failure of a key that the object does not have.
    func missing(_ key: String) -> Failure {
        var names: [String] = []
        // It was read before.
        try? line.withUnsafeBufferPointer { (line) throws(JSONScanner.Problem) in
            var scanner = JSONScanner(line, .lenient)
            try scanner.object { (scanner, key) throws(JSONScanner.Problem) in
                if names.count < LabelledFile.mostColumns { names.append(String(decoding: key, as: UTF8.self)) }
                try scanner.skipValue()
            }
        }
        return source.failure(missingColumn(key, of: names))
    }

    /// What is wrong with the whole file, where its first line is no object.
    private var layout: String? {
        guard isFirst, file.isWhole else { return nil }
        let path = file.path
        if line.first(where: { !isSpace($0) }) == UInt8(ascii: "[") {
            return "a list in JSON, and one object a line is expected; convert it (jq -c '.[]' \(path) > \(path).jsonl)"
        }
        return !Self.isOneValue(line) && Self.isOneValue(file.bytes[...])
            ? "JSON over several lines, and one object a line is expected; convert it (jq -c . \(path) > \(path).jsonl)"
            : nil
    }

    private static func isOneValue(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            var scanner = JSONScanner(bytes, .lenient)
            return (try? scanner.skipValue()) != nil && (try? scanner.end()) != nil
        }
    }
}

extension SourceLine {
    /// The characters of a text that the member `key` of an object has to be.
    func text(_ value: JSON, _ key: String) throws(Failure) -> [UInt8] {
        guard case .text(let text) = value else {
            throw failure("expected a text as \"\(excerpt(key.utf8))\", found \(value.kind)")
        }
        let bytes = Array(text.utf8)
        guard !bytes.contains(0) else {
            throw failure("a character of zero in \"\(excerpt(key.utf8))\", which no text has; mend the line")
        }
        return bytes
    }

    /// A text or a number, as text; nil where it is null.
    func word(_ value: JSON, _ key: String) throws(Failure) -> String? {
        switch value {
        case .null: return nil
        case .text: return try short(text(value, key), "a text as \"\(excerpt(key.utf8))\"")
        case .integer, .number, .float, .rounded, .flag: return value.compact
        case .object, .list:
            throw failure("expected a text or a number as \"\(excerpt(key.utf8))\", found \(value.kind)")
        }
    }
}
