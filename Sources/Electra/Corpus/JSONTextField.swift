/// The field "text" of a JSON object, found without building the rest of it.
///
/// A corpus of JSON lines has gigabytes; this reads a line in one pass over its bytes and copies the text only.
enum JSONTextField {
    typealias Problem = JSONScanner.Problem

    /// Overwrites `text` with the unescaped field of the object that `line` is.
    static func extract(from line: UnsafeBufferPointer<UInt8>, into text: inout [UInt8]) throws(Problem) {
        var scanner = JSONScanner(line, .lenient)
        text.removeAll(keepingCapacity: true)
        var isFound = false
        do throws(Problem) {
            try scanner.object { (scanner, key) throws(Problem) in
                if !isFound && key.elementsEqual("text".utf8) && scanner.isAtString() {
                    try scanner.string(into: &text)
                    isFound = true
                } else {
                    try scanner.skipValue()
                }
            }
            try scanner.end()
        } catch {
            throw Problem(description: "not one JSON object a line (\(error.description))")
        }
        guard isFound else {
            throw Problem(description: "no field \"text\" with a string, which must hold the document")
        }
    }
}
