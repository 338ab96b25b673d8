/// A file that holds one JSON object written by another program; every problem is named with file and key.
package struct JSONObjectFile {
    package let path: String
    package let object: JSON

    package init(path: String, remedy: String) throws(Failure) {
        try self.init(path: path, bytes: FileAccess.contents(of: path, remedy: remedy), remedy: remedy)
    }

    package init(path: String, bytes: [UInt8], remedy: String) throws(Failure) {
        guard let object = try? JSON(parsing: bytes), case .object = object else {
            if let foreign = ForeignContent(bytes) { throw foreign.failure(path, expected: "one JSON object") }
            let found = bytes.isEmpty ? "an empty file" : "something else"
            throw .badData("\(path): expected one JSON object, found \(found); \(remedy)")
        }
        self.path = path
        self.object = object
    }

    package func integer(_ key: String, default standard: Int) throws(Failure) -> Int {
        try value(key, "a whole number", \.integer) ?? standard
    }

    package func number(_ key: String, default standard: Double) throws(Failure) -> Double {
        try value(key, "a number", \.number) ?? standard
    }

    package func text(_ key: String, default standard: String) throws(Failure) -> String {
        try value(key, "a text", \.text) ?? standard
    }

    package func flag(_ key: String) throws(Failure) -> Bool? {
        try value(key, "true or false", \.flag)
    }

    /// nil where the key is absent or null.
    private func value<Value>(
        _ key: String, _ expected: String, _ read: (JSON) -> Value?
    ) throws(Failure) -> Value? {
        let found = object[key] ?? .null
        if case .null = found { return nil }
        guard let value = read(found) else {
            throw .badData("\(path): expected \(expected) as \"\(key)\", found \(found.compact)")
        }
        return value
    }
}
