extension JSON {
    /// Reads a text that is one value and nothing else.
    package init(parsing text: some Collection<UInt8>) throws(JSONScanner.Problem) {
        self = try Array(text).withUnsafeBufferPointer { (bytes) throws(JSONScanner.Problem) in
            var scanner = JSONScanner(bytes, .strict)
            let value = try scanner.value()
            try scanner.end()
            return value
        }
    }

    /// The last value that an object has for a key; keys are told apart by their bytes, as a `String` would take two
    /// spellings of an accented letter for the same.
    package subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    /// Of an object, each key once, with its last value: what a dictionary would hold.
    package var members: [(key: String, value: JSON)]? {
        guard case .object(let members) = self else { return nil }
        var seen: Set<[UInt8]> = []
        return members.reversed().filter { seen.insert(Array($0.key.utf8)).inserted }.reversed()
    }

    package var list: [JSON]? {
        if case .list(let elements) = self { elements } else { nil }
    }

    package var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    /// Also of 0 and 1, which some programs write.
    package var flag: Bool? {
        switch self {
        case .flag(let flag): flag
        case .integer(0): false
        case .integer(1): true
        default: nil
        }
    }

    package var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .float(let value): Double(value)
        case .number(let value), .rounded(let value): value
        default: nil
        }
    }

    /// Also of 12.0 and 1e3: JSON knows one kind of number.
    package var integer: Int? {
        if case .integer(let value) = self { value } else { number.flatMap { Int(exactly: $0) } }
    }
}
