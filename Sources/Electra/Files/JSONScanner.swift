/// Reads JSON of which only a part is wanted, in one pass over its bytes (RFC 8259). What is not wanted is skipped, and
/// keys are bytes: a `String` would take two spellings of an accented letter for the same key.
struct JSONScanner {
    /// What is wrong with the text, to follow its name.
    struct Problem: Error {
        let description: String
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private static let deepest = 64

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        // A byte order mark may stand before the first line of a file.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    private var malformed: Problem { Problem(description: "malformed JSON at byte \(position + 1)") }

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
        if !accept(character) { throw malformed }
    }

    /// Whether nothing but spaces follows.
    mutating func isAtEnd() -> Bool {
        skipSpaces()
        return position == bytes.count
    }

    /// Whether the next value is a string.
    mutating func isAtString() -> Bool {
        skipSpaces()
        return byte == UInt8(ascii: "\"")
    }

    /// An object: `member` is called after each key and its colon, and reads the value.
    mutating func object(_ member: (inout Self, [UInt8]) throws(Problem) -> Void) throws(Problem) {
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

    /// One member of an object, in all its places; the others are skipped.
    mutating func member(_ name: String, _ read: (inout Self) throws(Problem) -> Void) throws(Problem) {
        try object { (scanner, key) throws(Problem) in
            if key.elementsEqual(name.utf8) { try read(&scanner) } else { try scanner.skipValue() }
        }
    }

    mutating func skipValue(depth: Int = 0) throws(Problem) {
        if depth > Self.deepest { throw malformed }
        skipSpaces()
        guard let byte else { throw malformed }
        switch byte {
        case UInt8(ascii: "{"): try object { (scanner, _) throws(Problem) in try scanner.skipValue(depth: depth + 1) }
        case UInt8(ascii: "\""):
            var ignored: [UInt8] = []
            try string(into: &ignored)
        case UInt8(ascii: "["):
            position += 1
            if accept("]") { return }
            repeat { try skipValue(depth: depth + 1) } while accept(",")
            try expect("]")
        default: _ = try word()
        }
    }

    mutating func integer() throws(Problem) -> Int {
        skipSpaces()
        guard let value = Int(String(decoding: try word(), as: UTF8.self)) else { throw malformed }
        return value
    }

    /// A number, true, false or null.
    private mutating func word() throws(Problem) -> Slice<UnsafeBufferPointer<UInt8>> {
        let start = position
        while let byte, Self.isOfWord(byte) { position += 1 }
        if position == start { throw malformed }
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

    /// Appends the string, without its escapes.
    mutating func string(into text: inout [UInt8]) throws(Problem) {
        try expect("\"")
        while true {
            let start = position
            while position < bytes.count && bytes[position] != UInt8(ascii: "\"")
                && bytes[position] != UInt8(ascii: "\\")
            {
                position += 1
            }
            text.append(contentsOf: bytes[start..<position])
            guard let byte else { throw malformed }
            position += 1
            if byte == UInt8(ascii: "\"") { return }
            try escape(into: &text)
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws(Problem) {
        guard let byte else { throw malformed }
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
            // Half a surrogate pair alone is no character.
            text.append(contentsOf: String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8)
        default: throw malformed
        }
    }

    private mutating func hexadecimalDigits() throws(Problem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw malformed }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
