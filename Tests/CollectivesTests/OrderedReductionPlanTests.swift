import Testing

@testable import Collectives

@Test(arguments: [1, 3, 8, 100], [1, 7, 1000])
func chunksCoverEachShardOnce(size: Int, chunkElements: Int) {
    let parts = (0..<size).map { SummationTree.range(ofPart: $0, parts: size, count: 517) }
    let plan = OrderedReductionPlan(leafCount: size + 2, parts: parts, chunkElements: chunkElements)
    #expect(plan.places.flatMap(Array.init) == Array(plan.nodes.indices))
    for rank in 0..<size {
        let chunks = (0..<plan.chunkCount).map { plan.chunk($0, of: rank) }
        #expect(chunks.flatMap(Array.init) == Array(parts[rank]))
        #expect(chunks.allSatisfy { $0.count <= plan.chunkElements })
    }
}

/// With a thousand ranks each receives a thousand partial sums at a time.
@Test func stagingStaysSmallWithManyRanks() {
    let parts = (0..<1000).map { SummationTree.range(ofPart: $0, parts: 1000, count: 400_000_000) }
    let plan = OrderedReductionPlan(leafCount: 1000, parts: parts, chunkElements: 1 << 18)
    #expect(plan.chunkElements * plan.nodes.count <= 1 << 23)
    #expect(plan.slotCount == 1)
}

@Test func noElementsMakeNoChunks() {
    let plan = OrderedReductionPlan(leafCount: 4, parts: [3..<3, 3..<3], chunkElements: 8)
    #expect(plan.chunkCount == 0)
}

@Test func moreRanksThanLeavesTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = OrderedReductionPlan(leafCount: 2, parts: [0..<1, 1..<2, 2..<3], chunkElements: 8)
    }
    #expect(said("3 ranks for 2 leaves", result))
}

@Test func shardsWithAGapTrap() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = OrderedReductionPlan(leafCount: 2, parts: [0..<1, 2..<3], chunkElements: 8)
    }
    #expect(said("do not join", result))
}
