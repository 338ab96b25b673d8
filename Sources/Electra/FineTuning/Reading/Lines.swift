/// The lines of a text with their numbers, without what ends them.
struct Lines: Sequence, IteratorProtocol {
    private let bytes: [UInt8]
    private var position = 0
    private var number = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> (number: Int, bytes: ArraySlice<UInt8>)? {
        guard position < bytes.count else { return nil }
        let rest = bytes[position...]
        let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        let line = bytes[position..<end]
        position = end + 1
        number += 1
        return (number, line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    }
}
