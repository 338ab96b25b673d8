/// The field "text" of a JSON object, found without building the rest of it (RFC 8259).
///
/// A corpus of JSON lines has gigabytes; this reads a line in one pass over its bytes and copies the text only.
struct JSONTextField {
    /// What is wrong with a line, to follow "file, line n: ".
    struct Problem: Error {
        let description: String
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private static let deepest = 64

    /// Overwrites `text` with the unescaped field of the object that `line` is.
    static func extract(from line: UnsafeBufferPointer<UInt8>, into text: inout [UInt8]) throws(Problem) {
        var scanner = JSONTextField(bytes: line)
        // A byte order mark may stand before the first line of a file.
        if line.starts(with: [0xEF, 0xBB, 0xBF]) { scanner.position = 3 }
        text.removeAll(keepingCapacity: true)
        guard try scanner.object(textInto: &text, depth: 0) else {
            throw Problem(description: "no field \"text\" with a string, which must hold the document")
        }
        scanner.skipSpaces()
        if scanner.position != line.count { throw Problem(description: "not one JSON object a line") }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    private var malformed: Problem {
        Problem(description: "not one JSON object a line (at byte \(position + 1))")
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
        if !accept(character) { throw malformed }
    }

    /// An object; of the outermost one the text is kept. True if it was there.
    private mutating func object(textInto text: inout [UInt8], depth: Int) throws(Problem) -> Bool {
        try expect("{")
        var found = false
        if accept("}") { return false }
        repeat {
            var key: [UInt8] = []
            try string(into: &key)
            try expect(":")
            skipSpaces()
            if depth == 0 && !found && byte == UInt8(ascii: "\"") && key.elementsEqual("text".utf8) {
                try string(into: &text)
                found = true
            } else {
                try skipValue(depth: depth)
            }
        } while accept(",")
        try expect("}")
        return found
    }

    private mutating func skipValue(depth: Int) throws(Problem) {
        if depth > Self.deepest { throw malformed }
        skipSpaces()
        guard let byte else { throw malformed }
        var ignored: [UInt8] = []
        switch byte {
        case UInt8(ascii: "{"): _ = try object(textInto: &ignored, depth: depth + 1)
        case UInt8(ascii: "\""): try string(into: &ignored)
        case UInt8(ascii: "["):
            position += 1
            if accept("]") { return }
            repeat { try skipValue(depth: depth + 1) } while accept(",")
            try expect("]")
        default:
            // A number, true, false or null: which of them does not matter.
            let start = position
            while let byte = self.byte, Self.isWord(byte) { position += 1 }
            if position == start { throw malformed }
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "E"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private mutating func string(into text: inout [UInt8]) throws(Problem) {
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
