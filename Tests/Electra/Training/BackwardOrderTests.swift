import Testing

@testable import ElectraModel
@testable import ElectraTraining

/// What is complete when, and what travels together.
struct BackwardOrderTests {
    /// Two networks with two layers and a head each, and tables behind them.
    private static var cutter: ParameterWindows {
        let nowhere = UnsafeMutablePointer<Float>(bitPattern: 64)!
        var windows = ParameterWindows(base: nowhere)
        for (network, width) in [("main", 40_000), ("generator", 3_000)] {
            for part in ["layer.0", "layer.1", "head"] {
                let start = windows.count
                _ = windows.vector("\(network).\(part)", size: width)
                _ = windows.passage(from: start, of: network)
            }
        }
        _ = windows.vector("table", size: 100_000)
        return windows
    }

    @Test func headsComeFirstAndTablesLast() {
        let order = BackwardOrder(Self.cutter.passages, trained: Self.cutter.count)
        #expect(
            order.stages == [
                [80_000..<120_000], [40_000..<80_000], [0..<40_000],
                [126_000..<129_000], [123_000..<126_000], [120_000..<123_000],
                [129_000..<229_000],
            ])
        #expect(order.stageOfPassage == [2, 1, 0, 5, 4, 3])
    }

    @Test func whatIsNotTrainedIsNoStage() {
        let order = BackwardOrder(Self.cutter.passages, trained: 120_000)
        #expect(order.stages == [[80_000..<120_000], [40_000..<80_000], [0..<40_000], []])
        #expect(order.stageOfPassage == [2, 1, 0, nil, nil, nil])
    }

    @Test func withoutPassagesAllIsTheRest() {
        #expect(BackwardOrder([], trained: 7).stages == [[0..<7]])
        #expect(BackwardOrder(allAtOnce: 7).stages == [[0..<7]])
    }

    /// Each block in one bucket, which is complete when all of its elements are, and not before those in front of it.
    @Test(arguments: [1, 2, 5, 100])
    func bucketsAreComplete(fewestBlocks: Int) {
        let order = BackwardOrder(Self.cutter.passages, trained: Self.cutter.count)
        let blocks = FlatBlocks(count: Self.cutter.count)
        let buckets = order.buckets(blocks, fewestBlocks: fewestBlocks)
        #expect(buckets.flatMap { Array($0.blocks) }.sorted() == Array(0..<blocks.blocks))
        #expect(buckets.map(\.stage) == buckets.map(\.stage).sorted())
        for bucket in buckets {
            let elements = blocks.elements(ofBlocks: bucket.blocks)
            let stages = order.stages.indices.filter { order.stages[$0].contains { $0.overlaps(elements) } }
            #expect(stages.max() == bucket.stage)
        }
        if fewestBlocks == 1 { #expect(buckets.count > 3) }
        if fewestBlocks == 100 { #expect(buckets.count == 1) }
    }
}
