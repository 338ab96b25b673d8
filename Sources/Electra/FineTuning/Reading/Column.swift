/// A column of a table, or a key of objects in JSON.
package enum Column: Sendable, Equatable {
    /// By its name in the header.
    case named(String)
    /// By its name, where the file has one of that name.
    case optional(String)
    /// From 1 at the left; -1 is the last, -2 the one before.
    case number(Int)

    /// What somebody typed: a whole number is a number, all else a name.
    package init(parsing word: String) {
        self = Int(word).map { .number($0) } ?? .named(word)
    }

    /// A key may look like a number.
    var key: String {
        switch self {
        case .named(let name), .optional(let name): name
        case .number(let number): "\(number)"
        }
    }

    var isOptional: Bool {
        if case .optional = self { true } else { false }
    }
}
