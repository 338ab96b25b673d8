package import ElectraSupport

/// A value as it stands in a run file or after `--set field=`.
package enum ConfigurationValue: Sendable, Equatable {
    case flag(Bool)
    case integer(Int)
    case number(Double)
    case text(String)

    /// nil for an object, a list and null.
    package init?(_ json: JSON) {
        if case .flag(let flag) = json {
            self = .flag(flag)
        } else if let integer = json.integer {
            self = .integer(integer)
        } else if let number = json.number {
            self = .number(number)
        } else if let text = json.text {
            self = .text(text)
        } else {
            return nil
        }
    }

    /// What a word on the command line means.
    package init(parsing word: String) {
        if word == "true" || word == "false" {
            self = .flag(word == "true")
        } else if let integer = Int(word) {
            self = .integer(integer)
        } else if let number = Double(word) {
            self = .number(number)
        } else {
            self = .text(word)
        }
    }

    /// As on the command line.
    package var word: String {
        switch self {
        case .flag(let flag): "\(flag)"
        case .integer(let integer): "\(integer)"
        case .number(let number): "\(number)"
        case .text(let text): text
        }
    }

    /// As JSON.
    package var json: String {
        guard case .text(let text) = self else { return word }
        return JSON.quoted(text)
    }
}

/// One field of a run file: its key, what it means, and how to read and write it in what owns it.
package struct ConfigurationField<Owner>: Sendable {
    package let key: String
    package let meaning: String
    /// Whether a resumed run may have another value than it was started with.
    package let mayChange: Bool
    package let get: @Sendable (Owner) -> ConfigurationValue
    package typealias Path<Value> = any WritableKeyPath<Owner, Value> & Sendable

    private let take: @Sendable (inout Owner, ConfigurationValue) -> Bool
    private let expected: String

    /// Refuses a value of another type.
    package func set(_ owner: inout Owner, to value: ConfigurationValue) throws(Failure) {
        guard take(&owner, value) else { throw .usage("field \(key): expected \(expected), found \(value.json)") }
    }

    package init(
        _ key: String, _ path: Path<Int>, mayChange: Bool = false,
        _ meaning: String
    ) {
        self.init(key, meaning, mayChange, "a whole number") {
            .integer($0[keyPath: path])
        } set: {
            guard case .integer(let value) = $1 else { return false }
            $0[keyPath: path] = value
            return true
        }
    }

    /// A count of steps that may also be given as a share of the run's, such as "5%".
    package init(_ key: String, _ path: Path<Int>, share: Path<Double?>, _ meaning: String) {
        self.init(key, meaning, false, "a whole number of steps, or a share of them from 0% to 100%, such as 5%") {
            .integer($0[keyPath: path])
        } set: {
            switch $1 {
            case .integer(let steps):
                $0[keyPath: path] = steps
                $0[keyPath: share] = nil
            case .text(let word):
                guard word.hasSuffix("%"), let percent = Double(word.dropLast()), (0...100).contains(percent) else {
                    return false
                }
                $0[keyPath: share] = percent / 100
            case .flag, .number: return false
            }
            return true
        }
    }

    package init(_ key: String, _ path: Path<UInt64>, _ meaning: String) {
        self.init(key, meaning, false, "a whole number, not negative") {
            .integer(Int(truncatingIfNeeded: $0[keyPath: path]))
        } set: {
            guard case .integer(let value) = $1, value >= 0 else { return false }
            $0[keyPath: path] = UInt64(value)
            return true
        }
    }

    package init(_ key: String, _ path: Path<Float>, _ meaning: String) {
        self.init(key, meaning, false, "a number up to 3e38") {
            // The shortest decimal of the Float, as the Float's neighbours in Double are long.
            .number(Double($0[keyPath: path].description) ?? 0)
        } set: {
            guard let value = $1.asNumber else { return false }
            $0[keyPath: path] = Float(value)
            return true
        }
    }

    package init(_ key: String, _ path: Path<Double>, _ meaning: String) {
        self.init(key, meaning, false, "a number up to 3e38") {
            .number($0[keyPath: path])
        } set: {
            guard let value = $1.asNumber else { return false }
            $0[keyPath: path] = value
            return true
        }
    }

    package init(_ key: String, _ path: Path<Bool>, _ meaning: String) {
        self.init(key, meaning, false, "true or false") {
            .flag($0[keyPath: path])
        } set: {
            guard case .flag(let value) = $1 else { return false }
            $0[keyPath: path] = value
            return true
        }
    }

    package init(_ key: String, _ path: Path<String>, mayChange: Bool = false, _ meaning: String) {
        self.init(key, meaning, mayChange, "a text") {
            .text($0[keyPath: path])
        } set: {
            guard case .text(let value) = $1 else { return false }
            $0[keyPath: path] = value
            return true
        }
    }

    private init(
        _ key: String, _ meaning: String, _ mayChange: Bool, _ expected: String,
        get: @escaping @Sendable (Owner) -> ConfigurationValue,
        set: @escaping @Sendable (inout Owner, ConfigurationValue) -> Bool
    ) {
        self.key = key
        self.meaning = meaning
        self.mayChange = mayChange
        self.get = get
        self.expected = expected
        take = set
    }
}

extension ConfigurationValue {
    fileprivate var asNumber: Double? {
        // All is computed with Floats, in which more is infinite.
        switch self {
        case .integer(let value): Double(value)
        case .number(let value) where Float(value).isFinite: value
        default: nil
        }
    }
}
