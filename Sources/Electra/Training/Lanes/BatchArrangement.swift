/// Where the examples of a batch stand in it. As they are drawn, or, where their lengths are known beforehand, dealt out so that
/// all slices have about as many tokens: the longest first, to one slice after the other and back again. It follows from the
/// lengths alone, so who computes what never shows.
final class BatchArrangement: @unchecked Sendable {
    // Unchecked: the main thread arranges, and lanes read after that; `LanePool.run` orders the two.
    private let batch: Int
    private let slices: Int
    /// For each place the number, in the order of drawing, of what stands there.
    private let drawn: UnsafeMutablePointer<Int>
    /// Length and number of each example.
    private let keys: UnsafeMutablePointer<(length: Int, number: Int)>

    init(batch: Int, slices: Int) {
        (self.batch, self.slices) = (batch, slices)
        drawn = .allocate(capacity: batch)
        keys = .allocate(capacity: batch)
        for place in 0..<batch { drawn[place] = place }
    }

    deinit {
        drawn.deallocate()
        keys.deallocate()
    }

    func drawn(at place: Int) -> Int { drawn[place] }

    func arrange(length: (_ drawn: Int) -> Int) {
        for number in 0..<batch { keys[number] = (length(number), number) }
        sortLongestFirst()
        let perSlice = batch / slices
        for rank in 0..<batch {
            let (round, step) = rank.quotientAndRemainder(dividingBy: slices)
            let slice = round.isMultiple(of: 2) ? step : slices - 1 - step
            drawn[slice * perSlice + round] = keys[rank].number
        }
    }

    /// By a heap, which needs no memory beside.
    private func sortLongestFirst() {
        for start in stride(from: batch / 2 - 1, through: 0, by: -1) { sink(start, in: batch) }
        for end in stride(from: batch - 1, to: 0, by: -1) {
            swapKeys(0, end)
            sink(0, in: end)
        }
    }

    /// Lets what comes last of all stand on top of the heap of the first `count` keys.
    private func sink(_ start: Int, in count: Int) {
        var parent = start
        while true {
            var last = parent
            for child in 2 * parent + 1...2 * parent + 2 where child < count && isBehind(child, last) { last = child }
            if last == parent { return }
            swapKeys(parent, last)
            parent = last
        }
    }

    private func isBehind(_ one: Int, _ other: Int) -> Bool {
        (keys[one].length, -keys[one].number) < (keys[other].length, -keys[other].number)
    }

    private func swapKeys(_ one: Int, _ other: Int) { (keys[one], keys[other]) = (keys[other], keys[one]) }
}
