/// Reads JSON in one pass over its bytes (RFC 8259), whole or only what is wanted of it: the rest is skipped. Keys are
/// bytes: a `String` would take two spellings of an accented letter for the same key.
package struct JSONScanner {
    /// What is wrong with the text, to follow its name.
    package struct Problem: Error {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }

    package enum Strictness {
        /// For text from many hands: control characters in strings, half a surrogate pair, which becomes U+FFFD, and NaN,
        /// Infinity and -Infinity, which Python writes.
        case lenient
        /// RFC 8259 to the letter.
        case strict
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private let strictness: Strictness
    /// The byte at which reading stands, from 0.
    package private(set) var position = 0
    private static let deepest = 64

    package init(_ bytes: UnsafeBufferPointer<UInt8>, _ strictness: Strictness) {
        self.bytes = bytes
        self.strictness = strictness
        // A byte order mark, which RFC 8259 lets a reader pass over.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    // MARK: Structure

    /// An object: `member` is called after each key and its colon, and reads the value.
    package mutating func object(_ member: (inout Self, [UInt8]) throws(Problem) -> Void) throws(Problem) {
        try expect("{")
        if accept("}") { return }
        repeat {
            var key: [UInt8] = []
            try string(into: &key)
            try expect(":")
            try member(&self, key)
        } while accept(",")
        try expect("}")
    }

    /// An array: `element` is called before each element, and reads it.
    package mutating func array(_ element: (inout Self) throws(Problem) -> Void) throws(Problem) {
        try expect("[")
        if accept("]") { return }
        repeat { try element(&self) } while accept(",")
        try expect("]")
    }

    /// For who goes down into objects and arrays: what is nested for ever would use up the stack.
    package func checkNesting(_ depth: Int) throws(Problem) {
        if depth > Self.deepest { throw malformed("more than \(Self.deepest) levels") }
    }

    package mutating func skipValue(depth: Int = 0) throws(Problem) {
        try checkNesting(depth)
        skipSpaces()
        switch byte {
        case UInt8(ascii: "{"): try object { (scanner, _) throws(Problem) in try scanner.skipValue(depth: depth + 1) }
        case UInt8(ascii: "["): try array { (scanner) throws(Problem) in try scanner.skipValue(depth: depth + 1) }
        case UInt8(ascii: "\""):
            var ignored: [UInt8] = []
            try string(into: &ignored)
        default: _ = try word()
        }
    }

    /// That nothing but spaces follows.
    package mutating func end() throws(Problem) {
        skipSpaces()
        if position < bytes.count { throw malformed("expected nothing after the closing }") }
    }

    /// The byte with which the next value begins.
    package mutating func next() -> UInt8? {
        skipSpaces()
        return byte
    }

    private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpaces() {
        while let byte, byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A { position += 1 }
    }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        skipSpaces()
        guard byte == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(Problem) {
        if !accept(character) { throw malformed("expected \(character)") }
    }

    func malformed(_ what: String) -> Problem {
        Problem(description: "malformed JSON: \(what) at byte \(position + 1)")
    }

    // MARK: Numbers and words

    /// A whole number that is not negative, without leading zeros.
    package mutating func count() throws(Problem) -> Int {
        skipSpaces()
        let start = position
        var value = 0
        while let byte, case let digit = Int(byte) - 0x30, (0...9).contains(digit) {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(digit)
            if overflow || carry { throw malformed("a number is too large") }
            if position > start && value == 0 { throw malformed("a number begins with 0") }
            value = sum
            position += 1
        }
        if position == start { throw malformed("expected a whole number that is not negative") }
        return value
    }

    /// The letters, digits and signs of a number, true, false or null, whatever they spell.
    mutating func word() throws(Problem) -> Slice<UnsafeBufferPointer<UInt8>> {
        let start = position
        if strictness == .lenient {
            if byte == UInt8(ascii: "-") { position += 1 }
            for word in ["NaN", "Infinity"] where bytes[position...].starts(with: word.utf8) {
                position += word.utf8.count
                return bytes[start..<position]
            }
            position = start
        }
        while let byte, Self.isOfWord(byte) { position += 1 }
        if position == start { throw malformed("expected a value") }
        return bytes[start..<position]
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "E"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    // MARK: Strings

    package mutating func string() throws(Problem) -> String {
        var characters: [UInt8] = []
        try string(into: &characters)
        return String(decoding: characters, as: UTF8.self)
    }

    /// Appends the string, without its escapes.
    package mutating func string(into text: inout [UInt8]) throws(Problem) {
        try expect("\"")
        while true {
            let start = position
            while position < bytes.count && bytes[position] != UInt8(ascii: "\"")
                && bytes[position] != UInt8(ascii: "\\")
            {
                position += 1
            }
            let run = bytes[start..<position]
            if strictness == .strict { try check(run) }
            text.append(contentsOf: run)
            guard let byte else { throw malformed("a string without an end") }
            position += 1
            if byte == UInt8(ascii: "\"") { return }
            try escape(into: &text)
        }
    }

    /// A run of characters between quotation marks and escapes, which has just been passed.
    private func check(_ run: Slice<UnsafeBufferPointer<UInt8>>) throws(Problem) {
        if run.contains(where: { $0 < 0x20 }) { throw malformed("a control character in a string that ends") }
        if String(validating: run, as: UTF8.self) == nil { throw malformed("a string that is not UTF-8 and ends") }
    }

    /// Appends what stands for the escape whose backslash has just been read.
    private mutating func escape(into text: inout [UInt8]) throws(Problem) {
        guard let byte else { throw malformed("a string without an end") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "u"):
            var value = try hexadecimalDigits()
            if value & 0xFC00 == 0xD800, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            {
                let before = position
                position += 2
                let low = try hexadecimalDigits()
                if low & 0xFC00 == 0xDC00 {
                    value = 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF
                } else {
                    position = before
                }
            }
            let scalar = Unicode.Scalar(value)
            if strictness == .strict && scalar == nil { throw malformed("half a surrogate pair") }
            text.append(contentsOf: String(Character(scalar ?? "\u{FFFD}")).utf8)
        default: throw malformed("an unknown escape")
        }
    }

    private mutating func hexadecimalDigits() throws(Problem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw malformed("expected four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
