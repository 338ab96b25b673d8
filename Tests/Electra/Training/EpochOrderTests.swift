import Testing

@testable import ElectraTraining

@Test(arguments: [1, 2, 3, 4, 5, 16, 17, 63, 64, 65, 1000, 4096, 4097])
func everyEpochIsAPermutation(count: Int) {
    let order = EpochOrder(seed: 7, count: count)
    for epoch in 0..<3 {
        let indices = (0..<count).map { order.sequenceIndex(at: epoch * count + $0) }
        #expect(indices.sorted() == Array(0..<count))
    }
}

@Test func epochsAndSeedsHaveOrdersOfTheirOwn() {
    let count = 1000
    func epoch(_ number: Int, seed: UInt64) -> [Int] {
        let order = EpochOrder(seed: seed, count: count)
        return (0..<count).map { order.sequenceIndex(at: number * count + $0) }
    }
    let first = epoch(0, seed: 1)
    #expect(first != Array(0..<count))
    // Two random permutations agree in one place on average.
    for other in [epoch(1, seed: 1), epoch(0, seed: 2), epoch(2, seed: 1), Array(0..<count)] {
        #expect(zip(first, other).count { $0 == $1 } < 10)
    }
    // No trace of the old order: as many rises as falls, and neighbours land far apart.
    #expect(abs(zip(first, first.dropFirst()).count { $0 < $1 } - 500) < 60)
    let distance = zip(first, first.dropFirst()).reduce(0) { $0 + abs($1.0 - $1.1) } / (count - 1)
    #expect(abs(distance - count / 3) < 40)
}

/// The order is part of what makes a run repeatable: a change of it must be seen.
@Test func theOrderIsFixed() {
    let order = EpochOrder(seed: 42, count: 10)
    #expect((0..<10).map { order.sequenceIndex(at: $0) } == [9, 6, 1, 2, 5, 3, 8, 0, 4, 7])
}
