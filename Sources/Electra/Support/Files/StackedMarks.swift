/// Combining marks on one letter. Strings are compared in their normal form (UAX 15), for which such marks are sorted, in a time
/// that grows with the square of their number: a name of 400 kB would take minutes. No writing has more than a handful.
package enum StackedMarks {
    package static let most = 256

    /// Whether UTF-8, also with JSON's "\u0301" in it, stacks more than that.
    static func areTooMany(in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var (place, stacked) = (0, 0)
        while place < bytes.count {
            let (scalar, length) = scalar(in: bytes, at: place)
            place += length
            guard let scalar, scalar.properties.canonicalCombiningClass != .notReordered else {
                stacked = 0
                continue
            }
            stacked += 1
            if stacked > most { return true }
        }
        return false
    }

    /// The scalar at a place, where it may be a mark (there are none below U+0300), and how many bytes to go on.
    private static func scalar(
        in bytes: UnsafeBufferPointer<UInt8>, at place: Int
    ) -> (scalar: Unicode.Scalar?, length: Int) {
        switch bytes[place] {
        case UInt8(ascii: "\\"):
            guard place + 6 <= bytes.count, bytes[place + 1] == UInt8(ascii: "u"),
                let value = UInt32(String(decoding: bytes[place + 2..<place + 6], as: UTF8.self), radix: 16)
            else { return (nil, 1) }
            return (value < 0x300 ? nil : Unicode.Scalar(value), 6)
        case 0xCC...0xF4:
            let length = bytes[place] < 0xE0 ? 2 : bytes[place] < 0xF0 ? 3 : 4
            guard place + length <= bytes.count else { return (nil, 1) }
            var value = UInt32(bytes[place]) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
            for more in 1..<length {
                // Not UTF-8; nothing is stacked then, as what is decoded has a replacement there.
                guard bytes[place + more] & 0xC0 == 0x80 else { return (nil, 1) }
                value = value << 6 | UInt32(bytes[place + more] & 0x3F)
            }
            return (Unicode.Scalar(value), length)
        default:
            return (nil, 1)
        }
    }

    package static func check(_ bytes: UnsafeBufferPointer<UInt8>, path: String, remedy: String) throws(Failure) {
        if areTooMany(in: bytes) {
            throw .badData("\(path): more than \(most) combining marks on one letter, which no text has; \(remedy)")
        }
    }
}
