import Foundation

/// A file that holds one JSON object written by another program; every problem is named with file and key.
struct JSONObjectFile {
    let path: String
    /// What it was read from: of members whose keys a dictionary of strings cannot hold.
    let bytes: [UInt8]
    let members: [String: Any]

    init(path: String, remedy: String) throws(Failure) {
        bytes = try FileAccess.contents(of: path, remedy: remedy)
        guard let members = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
            throw .badData("\(path): expected one JSON object, found something else; \(remedy)")
        }
        self.path = path
        self.members = members
    }

    func integer(_ key: String, default standard: Int) throws(Failure) -> Int {
        try value(key, default: standard, "a whole number") { ($0 as? NSNumber).flatMap { Int(exactly: $0) } }
    }

    func number(_ key: String, default standard: Double) throws(Failure) -> Double {
        try value(key, default: standard, "a number") { ($0 as? NSNumber)?.doubleValue }
    }

    func text(_ key: String, default standard: String) throws(Failure) -> String {
        try value(key, default: standard, "a text") { $0 as? String }
    }

    /// nil where the key is absent or null.
    func flag(_ key: String) throws(Failure) -> Bool? {
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
