import ElectraSupport

// What errors show of a file.

/// The beginning, on one line.
func excerpt(_ bytes: some Collection<UInt8>) -> String {
    let longest = 40
    let text = String(decoding: bytes.prefix(4 * longest), as: UTF8.self).unicodeScalars
    let start = String(String.UnicodeScalarView(text.prefix(longest)))
    return JSON.quoted(start).dropFirst().dropLast() + (start.utf8.count < bytes.count ? "..." : "")
}

/// `no column "txt"; it has: id, text (did you mean "text"?)`
func missingColumn(_ name: String, of names: [String]) -> String {
    let (shown, longest) = (12, 64)
    let list = names.prefix(shown).map { excerpt($0.utf8) }.joined(separator: ", ")
    let near = closest(to: String(name.prefix(longest)), of: names.filter { $0.utf8.count <= longest })
    return "no column \"\(excerpt(name.utf8))\"; it has: \(list)\(names.count > shown ? ", ..." : "")"
        + (near.map { " (did you mean \"\(excerpt($0.utf8))\"?)" } ?? "")
}

extension JSON {
    /// To follow "found".
    var kind: String {
        switch self {
        case .object: "an object"
        case .list: "a list"
        case .text: "a text"
        case .integer, .number, .float, .rounded: "the number \(compact)"
        case .flag, .null: compact
        }
    }
}

extension SourceLine {
    /// A short text, such as a label: one that can be compared with others in no time.
    func short(_ bytes: [UInt8], _ name: String) throws(Failure) -> String {
        guard bytes.count <= 1000 else { throw failure("\(name) of \(bytes.count) bytes; choose another column") }
        try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in
            try StackedMarks.check(bytes, path: description, remedy: "mend the line")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
