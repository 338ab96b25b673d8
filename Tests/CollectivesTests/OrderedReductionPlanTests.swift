import Testing

@testable import Collectives

private func makePlan(leafCount: Int, buckets: [[Range<Int>]], chunkElements: Int) -> OrderedReductionPlan {
    let tree = SummationTree(leafCount: leafCount)
    return OrderedReductionPlan(
        tree, leaves: OrderedReductionPlan.leaves(of: tree, ranks: buckets[0].count), buckets: buckets,
        chunkElements: chunkElements)
}

@Test(arguments: [1, 3, 8, 100], [1, 7, 1000])
func chunksCoverEachShardOnce(size: Int, chunkElements: Int) {
    let parts = (0..<size).map { SummationTree.range(ofPart: $0, parts: size, count: 517) }
    let other = (0..<size).map { SummationTree.range(ofPart: $0, parts: size, count: 23) }
    let plan = makePlan(leafCount: size + 2, buckets: [parts, other], chunkElements: chunkElements)
    #expect(plan.places.flatMap(Array.init) == Array(plan.nodes.indices))
    for rank in 0..<size {
        for (bucket, parts) in [parts, other].enumerated() {
            let chunks = plan.rounds.filter { $0.bucket == bucket }.map { $0.chunks[rank] }
            #expect(chunks.flatMap(Array.init) == Array(parts[rank]))
            #expect(chunks.allSatisfy { $0.count <= plan.chunkElements })
        }
    }
}

/// MPI matches messages between two ranks by their order alone.
@Test(arguments: [2, 3, 5, 8])
func whatIsSentIsExpectedInTheSameOrder(size: Int) {
    let buckets = [517, 0, 40].map { count in
        (0..<size).map { SummationTree.range(ofPart: $0, parts: size, count: count) }
    }
    let plan = makePlan(leafCount: size + 3, buckets: buckets, chunkElements: 7)
    for sender in 0..<size {
        for receiver in 0..<size where receiver != sender {
            let sent = plan.outgoing(of: sender).filter { $0.rank == receiver }
            let expected = plan.incoming(of: receiver).joined().filter { $0.rank == sender }
            #expect(sent.map(\.place) == expected.map(\.place))
            #expect(sent.map(\.elements) == expected.map(\.elements))
            #expect(!sent.isEmpty)
        }
    }
}

/// With a thousand ranks each receives a thousand partial sums at a time.
@Test func stagingStaysSmallWithManyRanks() {
    let parts = (0..<1000).map { SummationTree.range(ofPart: $0, parts: 1000, count: 400_000_000) }
    let plan = makePlan(leafCount: 1000, buckets: [parts], chunkElements: 1 << 18)
    #expect(plan.chunkElements * plan.nodes.count <= 1 << 20)
}

@Test func noElementsMakeNoChunks() {
    let plan = makePlan(leafCount: 4, buckets: [[3..<3, 3..<3, 3..<3]], chunkElements: 8)
    #expect(plan.rounds.isEmpty)
}

@Test func moreRanksThanLeavesTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = makePlan(leafCount: 2, buckets: [[0..<1, 1..<2, 2..<3]], chunkElements: 8)
    }
    #expect(said("3 ranks for 2 leaves", result))
}

@Test func shardsWithAGapTrap() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = makePlan(leafCount: 2, buckets: [[0..<1, 2..<3]], chunkElements: 8)
    }
    #expect(said("do not join", result))
}
