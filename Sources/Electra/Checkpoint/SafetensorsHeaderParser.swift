/// Reads the JSON of a safetensors header, and nothing more than the format allows there.
///
/// A general JSON reader would hide what makes a header hostile: doubled keys (the last wins), numbers beyond 2^53,
/// deep nesting. The format needs three levels, each of a known kind, so this reader has no recursion at all.
struct SafetensorsHeaderParser {
    struct Entry {
        let name: String
        let element: SafetensorsElement
        let shape: [Int]
        /// In bytes, from the end of the header.
        let begin: Int
        let end: Int
    }

    private(set) var entries: [Entry] = []
    private(set) var metadata: [String: String] = [:]

    private let text: UnsafeRawBufferPointer
    private let path: String
    private var position = 0

    init(text: UnsafeRawBufferPointer, path: String) {
        self.text = text
        self.path = path
    }

    mutating func parse() throws(Failure) {
        guard byte == UInt8(ascii: "{") else { throw malformed("expected {") }
        try object("the header") { (parser, name) throws(Failure) in
            if name == "__metadata__" {
                try parser.object(name) { (parser, key) throws(Failure) in
                    parser.metadata[key] = try parser.string()
                }
            } else {
                parser.entries.append(try parser.entry(name))
            }
        }
        skipSpaces()
        if position < text.count { throw malformed("expected nothing after the closing }") }
    }

    private mutating func entry(_ name: String) throws(Failure) -> Entry {
        var (element, shape, offsets): (SafetensorsElement?, [Int]?, [Int]?) = (nil, nil, nil)
        try object("tensor \(name)") { (parser, field) throws(Failure) in
            switch field {
            case "dtype":
                let type = try parser.string()
                element = SafetensorsElement(rawValue: type)
                if element == nil { throw parser.problem("tensor \(name) has the unknown dtype \(type)") }
            case "shape": shape = try parser.integers()
            case "data_offsets": offsets = try parser.integers()
            default: throw parser.problem("tensor \(name) has the unknown field \(field)")
            }
        }
        guard let element, let shape, let offsets else {
            throw problem("tensor \(name) lacks one of dtype, shape and data_offsets")
        }
        guard offsets.count == 2 else {
            throw problem("data_offsets of tensor \(name) has \(offsets.count) numbers, not 2")
        }
        return Entry(name: name, element: element, shape: shape, begin: offsets[0], end: offsets[1])
    }

    // MARK: JSON

    /// An object: `member` is called after each key and its colon, and reads the value. No key may come twice.
    private mutating func object(
        _ what: String, _ member: (inout Self, String) throws(Failure) -> Void
    ) throws(Failure) {
        try expect("{")
        if accept("}") { return }
        var keys: Set<String> = []
        repeat {
            let key = try string()
            if !keys.insert(key).inserted { throw problem("\(key) stands twice in \(what)") }
            try expect(":")
            try member(&self, key)
        } while accept(",")
        try expect("}")
    }

    private mutating func integers() throws(Failure) -> [Int] {
        var values: [Int] = []
        try expect("[")
        if accept("]") { return values }
        repeat { values.append(try integer()) } while accept(",")
        try expect("]")
        return values
    }

    /// A whole number that is not negative, without leading zeros.
    private mutating func integer() throws(Failure) -> Int {
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

    private mutating func string() throws(Failure) -> String {
        try expect("\"")
        var characters: [UInt8] = []
        while let next = byte {
            position += 1
            switch next {
            case UInt8(ascii: "\""):
                guard let string = String(validating: characters, as: UTF8.self) else {
                    throw malformed("a string before this is not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"): characters.append(contentsOf: String(try escaped()).utf8)
            case 0..<0x20: throw malformed("a control character in a string")
            default: characters.append(next)
            }
        }
        throw malformed("a string without an end")
    }

    /// What stands for the escape whose backslash has just been read.
    private mutating func escaped() throws(Failure) -> Unicode.Scalar {
        guard let kind = byte else { throw malformed("a string without an end") }
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(kind)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var value = try hexadecimal()
            if (0xD800..<0xDC00).contains(value), byte == UInt8(ascii: "\\") {
                position += 1
                guard byte == UInt8(ascii: "u") else { throw malformed("half a surrogate pair") }
                position += 1
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw malformed("half a surrogate pair") }
                value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(value) else { throw malformed("half a surrogate pair") }
            return scalar
        default: throw malformed("an unknown escape in a string")
        }
    }

    private mutating func hexadecimal() throws(Failure) -> UInt32 {
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

    private var byte: UInt8? { position < text.count ? text[position] : nil }

    private mutating func skipSpaces() {
        while let byte, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        skipSpaces()
        guard byte == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(Failure) {
        if !accept(character) { throw malformed("expected \(character)") }
    }

    // MARK: Problems

    private func problem(_ text: String) -> Failure {
        SafetensorsHeader.refusal(path, text)
    }

    private func malformed(_ what: String) -> Failure {
        problem("its header is not the JSON of the format: \(what) at byte \(8 + position)")
    }
}
