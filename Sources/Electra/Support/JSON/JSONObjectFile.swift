import Foundation

/// A file that holds one JSON object written by another program; every problem is named with file and key.
package struct JSONObjectFile {
    package let path: String
    /// What it was read from: of members whose keys a dictionary of strings cannot hold.
    package let bytes: [UInt8]
    package let members: [String: Any]

    package init(path: String, remedy: String) throws(Failure) {
        try self.init(path: path, bytes: FileAccess.contents(of: path, remedy: remedy), remedy: remedy)
    }

    package init(path: String, bytes: [UInt8], remedy: String) throws(Failure) {
        self.bytes = bytes
        guard let members = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
            if let foreign = ForeignContent(bytes) { throw foreign.failure(path, expected: "one JSON object") }
            let found = bytes.isEmpty ? "an empty file" : "something else"
            throw .badData("\(path): expected one JSON object, found \(found); \(remedy)")
        }
        self.path = path
        self.members = members
    }

    package func integer(_ key: String, default standard: Int) throws(Failure) -> Int {
        try value(key, default: standard, "a whole number") { ($0 as? NSNumber).flatMap { Int(exactly: $0) } }
    }

    package func number(_ key: String, default standard: Double) throws(Failure) -> Double {
        try value(key, default: standard, "a number") { ($0 as? NSNumber)?.doubleValue }
    }

    package func text(_ key: String, default standard: String) throws(Failure) -> String {
        try value(key, default: standard, "a text") { $0 as? String }
    }

    /// nil where the key is absent or null.
    package func flag(_ key: String) throws(Failure) -> Bool? {
        try value(key, default: nil, "true or false") { ($0 as? NSNumber)?.boolValue }
    }

    private func value<Value>(
        _ key: String, default standard: Value, _ expected: String, _ read: (Any) -> Value?
    ) throws(Failure) -> Value {
        guard let found = members[key], !(found is NSNull) else { return standard }
        guard let value = read(found) else {
            throw .badData("\(path): expected \(expected) as \"\(key)\", found \(found)")
        }
        return value
    }
}
