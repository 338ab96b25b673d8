import Testing

@testable import Collectives

// MPI never starts inside `swift test`, so each of these also shows that a group of one does not call it. The rest of the
// collectives in a group of one: `Tests/run-rank-programs`, without a launcher.

@Test func groupOfOneGetsWhatItGave() throws {
    let world = Communicator.alone
    var values: [Float] = [1, 2, 3]
    var span = values.mutableSpan
    try world.barrier()
    try world.allReduce(&span, .sum)
    try world.broadcast(&span, from: 0)
    try world.reduce(&span, .maximum, to: 0)
    #expect(values == [1, 2, 3])
    #expect(try world.allReduce(UInt64(7), .sum) == 7)
    #expect(try world.gather("text", to: 0) == ["text"])
}

@Test func groupOfOneMovesBlocks() throws {
    let world = Communicator.alone
    let values: [Int32] = [1, 2, 3, 4]
    var result: [Int32] = [0, 0, 0, 0]
    var span = result.mutableSpan
    try world.allToAll(values.span, BlockLayout([1..<3]), into: &span, BlockLayout([2..<4]))
    #expect(result == [0, 0, 2, 3])
}

@Test func groupsOfAGroupOfOne() throws {
    let world = Communicator.alone
    #expect(try world.split(color: nil) == nil)
    #expect(try world.split(color: 3).size == 1)
    #expect(try world.duplicate().rank == 0)
    #expect(try world.splitByHost().isAlone)
}

@Test func groupOfOneReportsAnInvalidRootAsMPIWould() {
    #expect(throws: MPIError.self) { try Communicator.alone.broadcast(Float(1), from: 1) }
    do throws(MPIError) {
        _ = try Communicator.alone.broadcast(Float(1), from: -1)
    } catch {
        #expect(error.call == "MPI_Bcast")
        #expect(error.description.contains("MPI_ERR_ROOT: no rank -1 in a group of 1"))
    }
}

@Test func groupOfOneAgreesWithItself() throws {
    #expect(try Communicator.alone.agree(on: nil) == nil)
    let agreed = try Communicator.alone.agree(on: LocalFailure("no such file", exitCode: 65))
    #expect(agreed == AgreedFailure(rank: 0, message: "no such file", exitCode: 65))
}

@Test func orderedReductionOfOneRankIsItsOwnSum() throws {
    let reduction = try OrderedReduction(
        .alone, Summation { _, _, _ in Issue.record("nothing to add") }, leafCount: 6, buckets: [[0..<10]],
        chunkElements: 4)
    #expect(reduction.nodes == [SummationTree(leafCount: 6).root])
    let partial = UnsafeMutablePointer<Float>.allocate(capacity: 10)
    let result = UnsafeMutablePointer<Float>.allocate(capacity: 10)
    defer {
        partial.deallocate()
        result.deallocate()
    }
    for index in 0..<10 { partial[index] = Float(index) }
    result.initialize(repeating: -1, count: 10)
    try reduction.run(partials: [partial], into: [result])
    try RingAllGather(.alone, buckets: [[0..<10]]).run(result)
    #expect((0..<10).allSatisfy { result[$0] == Float($0) })
}
