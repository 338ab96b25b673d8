/// A stretch of a text's tokens that fits the network, and those of them that are read off in it: each token is where it has
/// most context on both sides (J. Devlin et al., run_squad.py, "max context").
package struct TokenWindow: Equatable {
    package let tokens: Range<Int>
    package let read: Range<Int>

    /// Each has `stride` tokens in common with the one before, half of its room at most; the last one ends with the text.
    package static func covering(_ count: Int, room: Int, stride: Int) -> [TokenWindow] {
        let windows = SequenceEncoder.windows(of: count, room: room, stride: min(stride, room / 2))
        return windows.indices.map { number in
            let tokens = windows[number]
            // Half of what two windows share is read in each.
            func border(_ before: Range<Int>, _ after: Range<Int>) -> Int {
                (after.lowerBound + before.upperBound) / 2
            }
            let start = number == 0 ? 0 : border(windows[number - 1], tokens)
            let end = number + 1 == windows.count ? count : border(tokens, windows[number + 1])
            return TokenWindow(tokens: tokens, read: start..<end)
        }
    }
}
