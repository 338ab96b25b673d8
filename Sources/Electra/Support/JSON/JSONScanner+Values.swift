extension JSONScanner {
    /// Any value, whole.
    package mutating func value(depth: Int = 0) throws(Problem) -> JSON {
        try checkNesting(depth)
        switch next() {
        case UInt8(ascii: "{"):
            var members: [(key: String, value: JSON)] = []
            try object { (scanner, key) throws(Problem) in
                members.append((String(decoding: key, as: UTF8.self), try scanner.value(depth: depth + 1)))
            }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [JSON] = []
            try array { (scanner) throws(Problem) in elements.append(try scanner.value(depth: depth + 1)) }
            return .list(elements)
        case UInt8(ascii: "\""): return .text(try string())
        default: return try plainValue()
        }
    }

    /// A number, true, false or null.
    private mutating func plainValue() throws(Problem) -> JSON {
        let word = try word()
        let text = String(decoding: word, as: UTF8.self)
        switch text {
        case "true": return true
        case "false": return false
        case "null": return .null
        default:
            guard Self.isNumber(word) else { throw malformed("a word that is no number, true, false or null and ends") }
            if let integer = Int(text) { return .integer(integer) }
            guard let number = Double(text), number.isFinite else { throw malformed("a number is too large") }
            return .number(number)
        }
    }

    /// What Swift's own initialisers take is more: +1, 01, 1. and others.
    private static func isNumber(_ word: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        var rest = word
        func accept(_ characters: String) -> Bool {
            guard let first = rest.first, characters.utf8.contains(first) else { return false }
            rest.removeFirst()
            return true
        }
        func acceptDigits() -> Bool {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest.removeFirst(digits.count)
            return !digits.isEmpty
        }
        _ = accept("-")
        guard accept("0") || acceptDigits() else { return false }
        if accept(".") && !acceptDigits() { return false }
        if accept("eE") {
            _ = accept("+-")
            if !acceptDigits() { return false }
        }
        return rest.isEmpty
    }
}
