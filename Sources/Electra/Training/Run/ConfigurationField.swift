package import ElectraSupport

/// A value as it stands in a run file or after `--set field=`.
public enum ConfigurationValue: Sendable, Equatable {
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

    /// In messages and lists: a text in quotation marks.
    package var shown: String {
        guard case .text(let text) = self else { return word }
        return JSON.quoted(text)
    }

    package var json: JSON {
        switch self {
        case .flag(let flag): .flag(flag)
        case .integer(let integer): .integer(integer)
        case .number(let number): .number(number)
        case .text(let text): .text(text)
        }
    }
}

/// One field of a run file: its key, what it means, what it may be, and how to read and write it in what owns it. It is
/// declared in its owner, right below the property, whose initial value is the field's default.
package struct ConfigurationField<Owner>: Sendable {
    package let key: String
    package let meaning: String
    /// Whether a resumed run may have another value than it was started with.
    package let mayChange: Bool
    package let get: @Sendable (Owner) -> ConfigurationValue
    package typealias Path<Value> = any WritableKeyPath<Owner, Value> & Sendable

    private typealias Take = @Sendable (inout Owner, ConfigurationValue) throws(Failure) -> Bool

    private let take: Take
    private let expected: String
    /// nil where every value of the type will do.
    private let limits: Limits<Owner>?

    /// Refuses a value of another type. Whether it is within the limits is left to `check`.
    package func set(_ owner: inout Owner, to value: ConfigurationValue) throws(Failure) {
        guard try take(&owner, value) else { throw .usage("field \(key): expected \(expected), found \(value.shown)") }
    }

    /// Refuses a value outside of the limits.
    package func check(_ owner: Owner) throws(Failure) {
        guard let limits, !limits.hold(owner) else { return }
        throw .usage("\(key) \(get(owner).shown): expected \(limits.words)")
    }

    /// The same field, of what has the owner as a part.
    package func within<Root>(_ path: any WritableKeyPath<Root, Owner> & Sendable) -> ConfigurationField<Root> {
        ConfigurationField<Root>(key, meaning, mayChange, expected, limits?.at(path)) {
            get($0[keyPath: path])
        } set: { (root, value) throws(Failure) in
            try take(&root[keyPath: path], value)
        }
    }

    package init(
        _ key: String, _ path: Path<Int>, _ range: ClosedRange<Int>, mayChange: Bool = false, _ meaning: String
    ) {
        self.init(key, meaning, mayChange, "a whole number", Limits(range).at(path)) {
            .integer($0[keyPath: path])
        } set: {
            guard case .integer(let value) = $1 else { return false }
            $0[keyPath: path] = value
            return true
        }
    }

    /// A count of steps that may also be given as a share of the run's, such as "5%".
    package init(
        _ key: String, _ path: Path<Int>, share: Path<Double?>, _ range: ClosedRange<Int>, _ meaning: String
    ) {
        let expected = "a whole number of steps, or a share of them from 0% to 100%, such as 5%"
        // What a share comes to follows from the steps, which have limits of their own.
        let limits = Limits<Owner>(Limits(range).words) {
            $0[keyPath: share] != nil || range.contains($0[keyPath: path])
        }
        self.init(key, meaning, false, expected, limits) {
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
        self.init(key, meaning, false, "a whole number, not negative", nil) {
            .integer(Int(truncatingIfNeeded: $0[keyPath: path]))
        } set: {
            guard case .integer(let value) = $1, value >= 0 else { return false }
            $0[keyPath: path] = UInt64(value)
            return true
        }
    }

    package init(_ key: String, _ path: Path<Float>, _ limits: Limits<Float>, _ meaning: String) {
        self.init(key, meaning, false, "a number up to 3e38", limits.at(path)) {
            // The shortest decimal of the Float, as the Float's neighbours in Double are long.
            .number(Double($0[keyPath: path].description) ?? 0)
        } set: {
            guard let value = $1.asNumber else { return false }
            $0[keyPath: path] = Float(value)
            return true
        }
    }

    package init(_ key: String, _ path: Path<Double>, _ limits: Limits<Double>, _ meaning: String) {
        self.init(key, meaning, false, "a number up to 3e38", limits.at(path)) {
            .number($0[keyPath: path])
        } set: {
            guard let value = $1.asNumber else { return false }
            $0[keyPath: path] = value
            return true
        }
    }

    package init(_ key: String, _ path: Path<Bool>, _ meaning: String) {
        self.init(key, meaning, false, "true or false", nil) {
            .flag($0[keyPath: path])
        } set: {
            guard case .flag(let value) = $1 else { return false }
            $0[keyPath: path] = value
            return true
        }
    }

    package init(_ key: String, _ path: Path<String>, _ meaning: String) {
        self.init(key, meaning, false, "a text", nil) {
            .text($0[keyPath: path])
        } set: {
            guard case .text(let value) = $1 else { return false }
            $0[keyPath: path] = value
            return true
        }
    }

    /// One number is a number on the command line.
    package init(_ key: String, _ path: Path<TokenMarks>, mayChange: Bool, _ meaning: String) {
        self.init(key, meaning, mayChange, "ascending whole numbers with commas between them, such as 1e6,2e6", nil) {
            .text($0[keyPath: path].words)
        } set: {
            guard let marks = TokenMarks($1.word) else { return false }
            $0[keyPath: path] = marks
            return true
        }
    }

    /// One of a few words. Another is refused at once: there is no value for it.
    package init<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
        _ key: String, _ path: Path<Choice>, mayChange: Bool = false, _ meaning: String
    ) {
        self.init(key, meaning, mayChange, "a text", nil) {
            .text($0[keyPath: path].rawValue)
        } set: { (owner, value) throws(Failure) in
            guard case .text(let word) = value else { return false }
            guard let choice = Choice(rawValue: word) else {
                let words = Choice.allCases.map(\.rawValue).joined(separator: " or ")
                throw .usage("\(key) \(value.shown): expected \(words)")
            }
            owner[keyPath: path] = choice
            return true
        }
    }

    private init(
        _ key: String, _ meaning: String, _ mayChange: Bool, _ expected: String, _ limits: Limits<Owner>?,
        get: @escaping @Sendable (Owner) -> ConfigurationValue, set: @escaping Take
    ) {
        self.key = key
        self.meaning = meaning
        self.mayChange = mayChange
        self.get = get
        self.expected = expected
        self.limits = limits
        take = set
    }
}

/// What a value may be, and how a refusal says it.
package struct Limits<Value>: Sendable {
    /// As in "expected 0 or more".
    let words: String
    let hold: @Sendable (Value) -> Bool

    package init(_ words: String, hold: @escaping @Sendable (Value) -> Bool) {
        self.words = words
        self.hold = hold
    }

    /// The same, for what has the value as a part.
    func at<Root>(_ path: any WritableKeyPath<Root, Value> & Sendable) -> Limits<Root> {
        Limits<Root>(words) { hold($0[keyPath: path]) }
    }
}

extension Limits<Int> {
    fileprivate init(_ range: ClosedRange<Int>) {
        self.init("\(range.lowerBound) to \(range.upperBound)") { range.contains($0) }
    }
}

extension Limits where Value: BinaryFloatingPoint & Sendable {
    package static var notNegative: Limits { Limits("0 or more") { $0 >= 0 } }
    package static var positive: Limits { Limits("above 0") { $0 > 0 } }
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
