import ElectraSupport

/// Cuts a table into rows and these into fields, one row at a time, without a copy of what nobody wants.
struct TableRows {
    /// Of the row that was read last; a row in quotation marks may be many lines long, and is named by its first.
    private(set) var source: SourceLine
    let separatorName: String
    private let bytes: [UInt8]
    private let separator: UInt8
    private let hasQuotes: Bool
    private var fields: [Range<Int>] = []
    private var position = 0
    private var line = 1

    init(_ file: LabelledFile, _ format: LabelledFile.Format) {
        bytes = file.bytes
        source = file.source(1)
        hasQuotes = format == .commas
        separator = hasQuotes ? UInt8(ascii: ",") : UInt8(ascii: "\t")
        separatorName = hasQuotes ? "comma" : "TAB"
    }

    /// Of the row that was read last.
    var count: Int { fields.count }

    /// Goes to the next row with anything in it; false at the end.
    mutating func next() throws(Failure) -> Bool {
        repeat {
            guard position < bytes.count else { return false }
            source = SourceLine(file: source.file, line: line)
            try cutRow()
        } while fields.allSatisfy { bytes[$0].allSatisfy(isSpace) }
        return true
    }

    /// The characters of a field, without quotation marks that are not its own.
    func field(_ index: Int) -> [UInt8] {
        let field = bytes[fields[index]]
        guard hasQuotes, field.first == Self.quote else { return Array(field) }
        var characters: [UInt8] = []
        var isFirstOfTwo = false
        for byte in field.dropFirst().dropLast() {
            isFirstOfTwo = byte == Self.quote && !isFirstOfTwo
            if !isFirstOfTwo { characters.append(byte) }
        }
        return characters
    }

    private static let quote = UInt8(ascii: "\"")
    private static let lineBreak = UInt8(ascii: "\n")

    private mutating func cutRow() throws(Failure) {
        fields.removeAll(keepingCapacity: true)
        let start = position
        var isLast = false
        while !isLast {
            guard fields.count < LabelledFile.mostColumns else {
                throw source.failure(
                    "more than \(LabelledFile.mostColumns) columns (\(separatorName) separated), which no table of "
                        + "examples has")
            }
            isLast = try cutField()
        }
        guard position - start <= LabelledFile.longestLine else {
            throw source.failure("a row of over \(LabelledFile.longestLine >> 20) MiB, which no example has")
        }
    }

    /// True of the last one of a row.
    private mutating func cutField() throws(Failure) -> Bool {
        let start = position
        let isQuoted = hasQuotes && start < bytes.count && bytes[start] == Self.quote
        if isQuoted { try passQuoted() }
        let quotesEnd = position
        while position < bytes.count && bytes[position] != separator && bytes[position] != Self.lineBreak {
            position += 1
        }
        var end = position
        let isLast = end >= bytes.count || bytes[end] == Self.lineBreak
        if isLast && end > start && bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        if isQuoted && end > quotesEnd {
            throw source.failure(
                "expected a comma after a closing quotation mark, found \"\(excerpt(bytes[quotesEnd..<end]))\"; "
                    + "a quotation mark inside of quotation marks is written twice")
        }
        fields.append(start..<end)
        position += 1
        if isLast { line += 1 }
        return isLast
    }

    /// Goes on behind the closing quotation mark.
    private mutating func passQuoted() throws(Failure) {
        position += 1
        while position < bytes.count {
            if bytes[position] == Self.lineBreak { line += 1 }
            position += 1
            guard bytes[position - 1] == Self.quote else { continue }
            guard position < bytes.count, bytes[position] == Self.quote else { return }
            position += 1
        }
        throw source.failure("a quotation mark that is never closed; close it, or write it twice inside of two others")
    }
}
