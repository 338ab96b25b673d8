import ElectraKernels

/// Damages bytes as disks, transfers and attackers do. The same seed and number make the same damage.
package struct Mutator {
    /// Words of the format, to be put in anywhere.
    package let words: [[UInt8]]
    private let random: RandomStream
    private var drawn = 0

    package init(seed: UInt64, input: Int, words: [String] = []) {
        self.words = words.map { Array($0.utf8) }
        random = RandomStream(seed: seed, .packing, step: input)
    }

    package mutating func below(_ bound: Int) -> Int {
        drawn += 1
        return random.integer(drawn, below: bound)
    }

    private static let numbers = [
        "0", "1", "-1", "2", "255", "65535", "65536", "2147483647", "4294967296", "9007199254740993",
        "9223372036854775807", "9223372036854775808", "1e400", "0.5", "null", "true", "\"\"", "[]", "{}",
    ].map { Array($0.utf8) }
    private static let integers: [UInt64] = [
        0, 1, 7, 8, 64, 255, 65535, 65536, 1 << 31, 1 << 32, (1 << 53) + 1, 1 << 62, (1 << 63) - 1, 1 << 63, .max,
    ]

    /// One to four changes.
    package mutating func mutate(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0...below(4) { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else {
            bytes = [UInt8(below(256))]
            return
        }
        let place = below(bytes.count)
        let end = min(bytes.count, place + 1 + below(16))
        switch below(10) {
        case 0: bytes[place] ^= 1 << UInt8(below(8))
        case 1: bytes[place] = UInt8(below(256))
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: below(bytes.count))
        case 4: bytes.removeLast(bytes.count - place)
        case 5: bytes.insert(contentsOf: (0..<1 + below(8)).map { _ in UInt8(below(256)) }, at: place)
        case 6:
            let integer = Self.integers[below(Self.integers.count)]
            for (offset, byte) in withUnsafeBytes(of: integer.littleEndian, Array.init).enumerated()
            where place + offset < bytes.count { bytes[place + offset] = byte }
        case 7: replaceNumber(&bytes, near: place)
        case 8 where !words.isEmpty: bytes.insert(contentsOf: words[below(words.count)], at: place)
        default: bytes.swapAt(place, below(bytes.count))
        }
    }

    /// The next digits become another number.
    private mutating func replaceNumber(_ bytes: inout [UInt8], near place: Int) {
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        bytes.replaceSubrange(start..<end, with: Self.numbers[below(Self.numbers.count)])
    }
}
