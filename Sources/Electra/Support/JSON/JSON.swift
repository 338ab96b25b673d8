import Foundation

/// A JSON value (RFC 8259), members in the order in which they are given or stand in the text.
package enum JSON: Sendable {
    case object([(key: String, value: JSON)])
    case list([JSON])
    case text(String)
    case integer(Int)
    case number(Double)
    /// Written with as few digits as tell it from its neighbours.
    case float(Float)
    /// Written with seven significant digits, which are what a Float holds.
    case rounded(Double)
    case flag(Bool)
    case null

    /// On one line.
    package var compact: String { text(indentation: nil) }

    /// One member a line, for people.
    package var pretty: String { text(indentation: "\n") }

    /// `indentation` is a line break and the spaces at the depth of the value; nil writes everything on one line.
    private func text(indentation: String?) -> String {
        switch self {
        case .object(let members):
            Self.enclosed("{", members.map { (Self.quoted($0.key) + ": ", $0.value) }, "}", indentation)
        case .list(let elements):
            Self.enclosed("[", elements.map { ("", $0) }, "]", indentation)
        case .text(let text): Self.quoted(text)
        case .integer(let value): "\(value)"
        // JSON has no infinity, and no NaN.
        case .number(let value): value.isFinite ? "\(value)" : "null"
        case .float(let value): value.isFinite ? "\(value)" : "null"
        case .rounded(let value): value.isFinite ? String(format: "%.7g", value) : "null"
        case .flag(let value): "\(value)"
        case .null: "null"
        }
    }

    private static func enclosed(
        _ open: String, _ members: [(label: String, value: JSON)], _ close: String, _ indentation: String?
    ) -> String {
        if members.isEmpty { return open + close }
        let inner = indentation.map { $0 + "  " }
        let texts = members.map { (inner ?? "") + $0.label + $0.value.text(indentation: inner) }
        return open + texts.joined(separator: indentation == nil ? ", " : ",") + (indentation ?? "") + close
    }

    /// A string with its quotation marks.
    package static func quoted(_ string: String) -> String {
        var quoted = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\u{00}"..<"\u{20}", "\u{7F}":
                quoted += "\\u" + zeroPadded(scalar.value, to: 4, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .flag(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(arrayLiteral elements: JSON...) { self = .list(elements) }
    package init(dictionaryLiteral members: (String, JSON)...) { self = .object(members.map { ($0.0, $0.1) }) }
    package init(nilLiteral: ()) { self = .null }
}
