import ElectraKernels

/// In which order the sequences come, epoch after epoch, without a table and without communication.
///
/// Each epoch is a permutation of its own. It is a Feistel network over the numbers below 4^k, the smallest such power
/// that is not less than `count`; a result outside 0..<count goes through again until it falls inside ("cycle walking":
/// still a permutation, and under four rounds on average). Any rank can ask for any position, in constant time.
package struct EpochOrder: Sendable {
    package let seed: UInt64
    package let count: Int
    /// Half of the bits of the network's domain.
    private let halfBits: Int
    private static let rounds = 8

    package init(seed: UInt64, count: Int) {
        precondition(count > 0, "an epoch has at least one sequence")
        self.seed = seed
        self.count = count
        var halfBits = 1
        while 1 << (2 * halfBits) < count { halfBits += 1 }
        self.halfBits = halfBits
    }

    /// The sequence at `position`, the running number of a sequence over all epochs.
    package func sequenceIndex(at position: Int) -> Int {
        let (epoch, offset) = position.quotientAndRemainder(dividingBy: count)
        var index = permute(offset, epoch: epoch)
        while index >= count { index = permute(index, epoch: epoch) }
        return index
    }

    @inline(__always)
    private func permute(_ index: Int, epoch: Int) -> Int {
        let mask = 1 << halfBits - 1
        var left = index >> halfBits
        var right = index & mask
        for round in 0..<Self.rounds {
            let mixed = RandomStream(seed: seed, .epochOrder, step: epoch, sequence: right).bits(round)
            (left, right) = (right, left ^ (Int(mixed) & mask))
        }
        return left << halfBits | right
    }
}
