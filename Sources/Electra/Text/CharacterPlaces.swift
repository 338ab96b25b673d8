/// From bytes of a text to its characters (Unicode scalars), in which other programs count.
public struct CharacterPlaces {
    /// Characters before each byte, and in all.
    private let before: [Int]

    public init(_ text: [UInt8]) {
        var before = [0]
        before.reserveCapacity(text.count + 1)
        // All bytes but continuations begin one.
        for byte in text { before.append(before[before.count - 1] + (byte & 0xC0 == 0x80 ? 0 : 1)) }
        self.before = before
    }

    public subscript(byte: Int) -> Int { before[byte] }
}
