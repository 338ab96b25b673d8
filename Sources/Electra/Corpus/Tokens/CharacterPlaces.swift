/// From bytes of a text to its characters (Unicode scalars), in which other programs count.
///
/// Bytes that are not UTF-8 count as what they are shown as: one U+FFFD for each maximal part that may begin a character,
/// and for each byte that cannot, as `String(decoding:as:)` and Python's errors="replace" have it.
package struct CharacterPlaces {
    /// Characters before each byte, and in all.
    private let before: [Int]

    package init(_ text: [UInt8]) {
        var before = [0]
        before.reserveCapacity(text.count + 1)
        var bytes = text.makeIterator()
        var parser = Unicode.UTF8.ForwardParser()
        var characters = 0
        while before.count <= text.count {
            let width =
                switch parser.parseScalar(from: &bytes) {
                case .valid(let scalar): scalar.count
                case .error(let length): length
                case .emptyInput: 0
                }
            characters += 1
            before.append(contentsOf: repeatElement(characters, count: width))
        }
        self.before = before
    }

    package subscript(byte: Int) -> Int { before[byte] }
}
