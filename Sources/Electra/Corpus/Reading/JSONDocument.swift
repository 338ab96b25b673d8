import ElectraSupport

/// The text of a document in a line of JSON, found without building the rest of it.
///
/// A corpus of JSON lines has gigabytes; this reads a line in one pass over its bytes and copies the text only. Not
/// Sendable: one for each thread.
final class JSONDocument {
    /// Fields are told apart by the bits of a word.
    static let mostFields = 32

    /// Why a line gives no text, or not all of it.
    enum Defect: Int, CaseIterable {
        /// No JSON object.
        case broken
        /// A field is null.
        case null
        /// A field is missing.
        case missing
        /// A field holds a number, or another thing that is no text.
        case noText

        /// What a count of such lines is a count of.
        var name: String {
            switch self {
            case .broken: "broken"
            case .null: "with null in the place of a text"
            case .missing: "without a field of the text"
            case .noText: "with something else in the place of a text"
            }
        }
    }

    struct Problem: Error {
        let defect: Defect
        let description: String
    }

    private struct Field {
        let name: String
        let path: [[UInt8]]
        /// The name as it stands: a key may have dots in it.
        let key: [UInt8]
    }

    private typealias Fields = UInt32
    private let fields: [Field]
    /// Bad lines are passed over.
    let skipsBadLines: Bool
    /// The text of each field, lists joined by line breaks.
    private var texts: [[UInt8]]
    private var found: Fields = 0
    private var nulls: Fields = 0
    private var others: Fields = 0

    init(_ options: ReadingOptions) {
        fields = options.textFields.map { name in
            Field(name: name, path: name.split(separator: ".").map { Array($0.utf8) }, key: Array(name.utf8))
        }
        skipsBadLines = options.skipsBadLines
        texts = Array(repeating: [], count: fields.count)
    }

    /// Overwrites `text` with the unescaped fields of the object that `line` is, one after another, a line break between
    /// them. Throws the first defect, unless bad lines are passed over and some text is there: then it is returned.
    func extract(from line: UnsafeBufferPointer<UInt8>, into text: inout [UInt8]) throws(Problem) -> Defect? {
        text.removeAll(keepingCapacity: true)
        for index in fields.indices { texts[index].removeAll(keepingCapacity: true) }
        (found, nulls, others) = (0, 0, 0)
        var scanner = JSONScanner(line, .lenient)
        do throws(JSONScanner.Problem) {
            try object(&scanner, wanted: Fields.max >> UInt32(Self.mostFields - fields.count), depth: 0, nesting: 0)
            try scanner.end()
        } catch {
            throw Problem(defect: .broken, description: "not one JSON object a line (\(error.description))")
        }
        for index in fields.indices where found & 1 << index != 0 {
            if !text.isEmpty { text.append(UInt8(ascii: "\n")) }
            text += texts[index]
        }
        guard let index = fields.indices.first(where: { found & 1 << $0 == 0 }) else { return nil }
        let defect: Defect = nulls & 1 << index != 0 ? .null : others & 1 << index != 0 ? .noText : .missing
        if skipsBadLines && found != 0 { return defect }
        throw Problem(defect: defect, description: describe(defect, fields[index].name, line))
    }

    private func describe(_ defect: Defect, _ name: String, _ line: UnsafeBufferPointer<UInt8>) -> String {
        let skip = "--skip-bad-lines passes such lines over"
        switch defect {
        case .null: return "the field \"\(name)\" is null, and a text is expected; \(skip)"
        case .noText: return "the field \"\(name)\" holds no text; name another with --text-field, or \(skip)"
        case .missing, .broken:
            let there = JSONTextFields.names(in: line)
            return there.isEmpty
                ? "no field \"\(name)\", and none with a text; \(skip)"
                : "no field \"\(name)\"; the fields with a text are \(there.map { "\"\($0)\"" }.joined(separator: ", ")): "
                    + "name one with --text-field, or \(skip)"
        }
    }

    /// An object of the document. `wanted` are the fields whose paths led here, `depth` keys long.
    private func object(
        _ scanner: inout JSONScanner, wanted: Fields, depth: Int, nesting: Int
    ) throws(JSONScanner.Problem) {
        // Of a key that stands twice the first counts.
        var seen: Fields = 0
        try scanner.object { (scanner, key) throws(JSONScanner.Problem) in
            var ends: Fields = 0
            var goesOn: Fields = 0
            for index in fields.indices where wanted & ~seen & 1 << index != 0 {
                let field = fields[index]
                if depth == 0 && field.key == key || depth == field.path.count - 1 && field.path[depth] == key {
                    ends |= 1 << index
                } else if depth < field.path.count && field.path[depth] == key {
                    goesOn |= 1 << index
                }
            }
            if ends | goesOn == 0 { return try scanner.skipValue() }
            seen |= ends | goesOn
            try value(&scanner, ends: ends, goesOn: goesOn, depth: depth + 1, nesting: nesting)
        }
    }

    /// A value that is the text of the fields `ends`, or holds what `goesOn` want, or both in each element of a list.
    private func value(
        _ scanner: inout JSONScanner, ends: Fields, goesOn: Fields, depth: Int, nesting: Int
    ) throws(JSONScanner.Problem) {
        switch scanner.next() {
        case UInt8(ascii: "\"") where ends != 0:
            let index = ends.trailingZeroBitCount
            if found & 1 << index != 0 { texts[index].append(UInt8(ascii: "\n")) }
            try scanner.string(into: &texts[index])
            found |= 1 << index
            // Two names of one field.
            for other in fields.indices where ends & 1 << other != 0 && other != index {
                texts[other] = texts[index]
                found |= 1 << other
            }
        case UInt8(ascii: "["):
            try scanner.checkNesting(nesting)
            try scanner.array { (scanner) throws(JSONScanner.Problem) in
                try value(&scanner, ends: ends, goesOn: goesOn, depth: depth, nesting: nesting + 1)
            }
        case UInt8(ascii: "{") where goesOn != 0:
            others |= ends
            try scanner.checkNesting(nesting)
            try object(&scanner, wanted: goesOn, depth: depth, nesting: nesting + 1)
        default:
            if scanner.next() == UInt8(ascii: "n") { nulls |= ends } else { others |= ends }
            try scanner.skipValue()
        }
    }
}

/// The fields of an object that hold a text, to be proposed.
enum JSONTextFields {
    private static let most = 8
    private static let deepest = 3
    /// Longer ones, in bytes, are shown to nobody; and see `StackedMarks`.
    private static let longest = 200

    static func names(in line: UnsafeBufferPointer<UInt8>) -> [String] {
        var scanner = JSONScanner(line, .lenient)
        var names: [String] = []
        try? collect(&scanner, prefix: "", depth: 0, into: &names)
        return names
    }

    private static func collect(
        _ scanner: inout JSONScanner, prefix: String, depth: Int, into names: inout [String]
    ) throws(JSONScanner.Problem) {
        try scanner.object { (scanner, key) throws(JSONScanner.Problem) in
            try value(&scanner, name: prefix + String(decoding: key, as: UTF8.self), depth: depth, into: &names)
        }
    }

    private static func value(
        _ scanner: inout JSONScanner, name: String, depth: Int, into names: inout [String]
    ) throws(JSONScanner.Problem) {
        switch scanner.next() {
        case UInt8(ascii: "\""):
            if names.count < most && name.utf8.count <= longest && !names.contains(name) { names.append(name) }
            try scanner.skipValue()
        case UInt8(ascii: "{") where depth < deepest:
            try collect(&scanner, prefix: name + ".", depth: depth + 1, into: &names)
        case UInt8(ascii: "[") where depth < deepest:
            try scanner.array { (scanner) throws(JSONScanner.Problem) in
                try value(&scanner, name: name, depth: depth + 1, into: &names)
            }
        default: try scanner.skipValue()
        }
    }
}
