import Collectives
import Synchronization
import TestSupport
import Testing

@testable import ElectraKernels
@testable import ElectraModel
@testable import ElectraTraining

@Suite struct DataParallelTests {
    @Test(arguments: [1, 2, 3, 5])
    func everyLaneRunsEveryPieceOfWorkOnce(lanes: Int) throws {
        let pool = try LanePool(count: lanes)
        defer { pool.stop() }
        let ran = Atomic<Int>(0)
        for round in 1...200 {
            pool.run { lane in ran.add(1 << (8 * lane), ordering: .relaxed) }
            // Each lane counts in its own byte; all are done when `run` returns.
            let expected = (0..<lanes).reduce(0) { $0 + (round & 255) << (8 * $1) }
            if round < 256 { #expect(ran.load(ordering: .relaxed) == expected) }
        }
    }

    @Test func slicesAreDealtOutCompletelyAndInOrder() {
        for slices in 1...17 {
            for ranks in 1...slices {
                for lanes in 1...4 {
                    let division = BatchDivision(batch: 3 * slices, slices: slices, microBatch: 2)
                    let shares = LeafShares(division.tree, hosts: ranks, ranksPerHost: 1, lanes: lanes)
                    let plans = shares.ofRanks.map { SlicePlan(division, mine: $0, lanes: lanes) }
                    #expect(plans.flatMap { $0.laneSlices.flatMap(Array.init) } == Array(0..<slices))
                }
            }
        }
    }

    @Test(arguments: [
        (128, 16, 2, 8, nil, nil),
        (128, 16, 8, 16, "112 of 128 lanes", "use --slices 128 in a new run, or a number"),
        (128, 16, 3, 4, "8 of 12 lanes", "use a number of lanes that divides 16"),
        (96, 16, 3, 4, "8 of 12 lanes", "use --slices 24 in a new run, or a number"),
        (32, 32, 8, 16, "96 of 128 lanes", "a --batch of 128 or more in a new run (with --set optimizer=lamb"),
    ])
    func lanesThatWaitAreNoted(
        batch: Int, slices: Int, ranks: Int, threads: Int, lanes: String?, remedy: String?
    ) {
        let division = BatchDivision(batch: batch, slices: slices, microBatch: 1)
        let note = SlicePlan.noteOnLanes(division, ranks: ranks, threads: threads)
        #expect((note == nil) == (lanes == nil))
        if let note, let lanes, let remedy { #expect(note.contains(lanes) && note.contains(remedy), "\(note)") }
    }

    @Test func microBatchesCoverASlice() {
        let plan = SlicePlan(
            BatchDivision(batch: 20, slices: 4, microBatch: 2), mine: 0..<4, lanes: 1)
        #expect(plan.microBatchesPerSlice == 3)
        #expect((0..<3).map { plan.sequences(ofSlice: 1, microBatch: $0) } == [5..<7, 7..<9, 9..<10])
    }

    /// Whatever the ranks and lanes, the sums along the tree are those of one lane, to the last bit.
    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 12, 16], GradientWire.allCases)
    func sumsAreTheSameForEveryDivision(slices: Int, wire: GradientWire) {
        let layout = Self.layout
        let tree = SummationTree(leafCount: slices)
        func leaf(_ slice: Int, _ element: Int) -> Float {
            let stream = RandomStream(seed: 5, .epochOrder, sequence: slice)
            return (stream.uniform(element) - 0.5) * Float(1 << (slice * 7 % 20))
        }
        func sum(_ node: SummationTree.Node, _ element: Int) -> Float? {
            if tree.leaves(of: node).isEmpty { return nil }
            if node.level == 0 { return leaf(node.index, element) }
            let left = sum(SummationTree.Node(level: node.level - 1, index: 2 * node.index), element)
            let right = sum(SummationTree.Node(level: node.level - 1, index: 2 * node.index + 1), element)
            return right.map { wire == .f32 ? (left ?? 0) + $0 : bfloat16(left ?? 0) + bfloat16($0) } ?? left
        }
        for lanes in 1...slices {
            let plan = SlicePlan(
                BatchDivision(batch: slices, slices: slices, microBatch: 1), mine: 0..<slices, lanes: lanes)
            var partials: [(node: SummationTree.Node, values: [Float])] = []
            for slice in plan.laneSlices {
                let stack = GradientStack(
                    layout: layout, tree: tree, slices: slice, wire: wire, cut: Self.cut)
                stack.sum { slice, gradients, _ in
                    let base = gradients.head.predictionBias.base
                    // The stack hands out buffers without gradients.
                    #expect(base[0] == 0)
                    base[0] = leaf(slice, 0)
                }
                stack.complete(0..<layout.count)
                let offset = layout.specifications.first { $0.name.hasSuffix("dense_prediction.bias") }!.offset
                for (index, node) in stack.nodes.enumerated() {
                    partials.append((node, [stack.partialSum(index).buffer.base[offset]]))
                }
            }
            let reduction = tree.reduction(of: partials.map(\.node))
            for addition in reduction.additions {
                let from = partials[addition.from].values
                wire.add(from, to: &partials[addition.into].values, count: 1)
            }
            #expect(reduction.remaining == [0])
            #expect(partials[0].values[0] == sum(tree.root, 0))
        }
    }

    /// A weight's gradient is what the products of this slice made of it, whatever was there before; all else starts at 0.
    @Test func noGradientOutlivesItsSlice() {
        let layout = Self.layout
        let stack = GradientStack(layout: layout, tree: SummationTree(leafCount: 1), slices: 0..<1, cut: Self.cut)
        let arena = Arena()
        let ones = arena.tensor([Float](repeating: 1, count: 3 * 4), columns: 4)
        for round in 1...2 {
            stack.sum { _, gradients, _ in
                let layer = gradients.tower.layers[0]
                // The second product adds, one without rows does nothing.
                for rows in [3, 2, 0] {
                    Linear.backward(addingWeight: &layer.outputWeight, dy: ones, x: ones, rows: rows)
                }
                Linear.backward(addingWeight: &layer.intermediateWeight, dy: ones, x: ones, rows: 0)
            }
            stack.complete(0..<layout.count)
            let sum = stack.partialSum(0).buffer
            for parameter in layout.specifications {
                let expected: Float =
                    parameter.name == "discriminator.electra.encoder.layer.0.output.dense.weight" ? 5 : 0
                #expect(parameter.range.allSatisfy { sum.base[$0] == expected }, "\(parameter.name), round \(round)")
            }
            for element in 0..<sum.count { sum.base[element] = .nan }
            stack.partialSum(0).touchAllRows()
        }
    }

    /// Of a table only the rows that a slice looked up are added, by lanes and along their stacks; the others are 0, also
    /// where an earlier step had looked them up, and a norm may pass over them. In bf16 those of one slice are rounded, too.
    @Test(arguments: [1, 2, 3], GradientWire.allCases)
    func rowsOfTablesAreAddedWhereTheyWereLookedUp(lanes: Int, wire: GradientWire) throws {
        let (rows, columns, slices) = (5000, 8, 5)
        let cut: (inout ParameterWindows) -> TableAlone = { TableAlone(&$0, rows: rows, columns: columns) }
        let layout = ParameterLayout { _ = cut(&$0) }
        let tree = SummationTree(leafCount: slices)
        let pool = try LanePool(count: lanes)
        defer { pool.stop() }
        let plan = SlicePlan(
            BatchDivision(batch: slices, slices: slices, microBatch: 1), mine: 0..<slices, lanes: lanes)
        let stacks = plan.laneSlices.map { GradientStack(layout: layout, tree: tree, slices: $0, wire: wire, cut: cut) }
        let sums = LaneSums(stacks: stacks, tree: tree)
        let arena = Arena()
        let nearlyOne: Float = wire == .f32 ? 1 : 1.001
        let one = arena.tensor([Float](repeating: nearlyOne, count: 3 * columns), columns: columns)
        for step in 0..<3 {
            // 0 is looked up by all slices; of the others each has its own.
            let words = (0..<slices).map { [0, Int32(step * 100 + $0), Int32(4990 - step * 1000 - $0)] }
            for stack in stacks {
                stack.sum { slice, gradient, _ in
                    var dPosition = arena.tensor(rows: 3, columns: columns)
                    var dType = arena.tensor(rows: 1, columns: columns)
                    let batch = SequenceBatch(maximumSequences: 1, maximumLength: 3, arena: arena)
                    batch.append(key: 0) { _ in (3, 3) }
                    EmbeddingLookup.backward(
                        addingWord: &gradient.table, addingPosition: &dPosition, addingType: &dType, dy_TE: one,
                        ids: arena.copy(words[slice]), batch: batch)
                }
                stack.complete(0..<layout.count)
            }
            sums.touchRows()
            pool.run { sums.add(0..<layout.count, lane: $0) }
            var expected = [Float](repeating: 0, count: layout.count)
            for word in words.joined() {
                for column in 0..<columns { expected[Int(word) * columns + column] += 1 }
            }
            let gradient = sums.gradient
            #expect((0..<layout.count).allSatisfy { gradient.buffer.base[$0] == expected[$0] })
            for start in stride(from: 0, to: layout.count, by: 50) {
                let part = start..<start + 50
                #expect(gradient.isZero(part) == !rowsTouch(part, words, columns))
            }
        }
    }

    private func rowsTouch(_ elements: Range<Int>, _ words: [[Int32]], _ columns: Int) -> Bool {
        words.joined().contains { (Int($0) * columns..<(Int($0) + 1) * columns).overlaps(elements) }
    }

    private final class TableAlone {
        var table: Tensor

        init(_ windows: inout ParameterWindows, rows: Int, columns: Int) {
            table = windows.matrix("table", outputs: rows, inputs: columns, onlyProductsAdd: false, .zeros)
        }
    }

    @Test func blocksAreTheSameHoweverTheyAreDealtOut() {
        let blocks = FlatBlocks(count: 100_001)
        for parts in 1...9 {
            let dealt = (0..<parts).map {
                blocks.elements(ofBlocks: FlatBlocks.part($0, of: parts, in: 0..<blocks.blocks))
            }
            #expect(dealt.first?.lowerBound == 0)
            #expect(dealt.last?.upperBound == 100_001)
            for (left, right) in zip(dealt, dealt.dropFirst()) { #expect(left.upperBound == right.lowerBound) }
        }
    }

    @Test func aFingerprintSeesEveryBit() {
        var values: [Float] = (0..<33).map { Float($0) * 0.1 }
        let fingerprint = Fingerprint(of: values, count: values.count)
        for index in values.indices {
            let original = values[index]
            values[index] = Float(bitPattern: original.bitPattern ^ 1)
            #expect(Fingerprint(of: values, count: values.count) != fingerprint)
            values[index] = original
        }
        #expect(Fingerprint(of: values, count: values.count) == fingerprint)
        #expect(fingerprint.description.count == 16)
    }

    /// Whatever the buckets, each element has one owner, and one place in what its owner keeps.
    @Test(arguments: [[0..<7], [0..<1, 1..<7], [0..<2, 2..<5, 5..<7]])
    func everyElementHasOneOwner(buckets: [Range<Int>]) {
        let count = 6 * FlatBlocks.size + 9
        for ranks in 1...4 {
            let ownership = Ownership(count: count, ranks: ranks, buckets: buckets)
            let owned = (0..<ranks).map(ownership.owned(by:))
            #expect(owned.reduce(0) { $0 + $1.count } == count)
            var end = 0
            for (rank, elements) in ownership.inOrder() {
                #expect(elements.lowerBound == end)
                end = elements.upperBound
                for element in [elements.lowerBound, elements.upperBound - 1] {
                    let range = owned[rank].ranges.firstIndex { $0.contains(element) }
                    let before = owned[rank].ranges.prefix(range ?? 0).reduce(0) { $0 + $1.count }
                    let first = range.map { owned[rank].ranges[$0].lowerBound } ?? -1
                    #expect(owned[rank].place(of: element) == before + element - first)
                }
            }
            #expect(end == count)
            // Lanes share what the rank owns.
            for lanes in 1...3 {
                var blocks: [Int] = []
                for rank in owned {
                    var counts = [Int](repeating: 0, count: lanes)
                    for lane in 0..<lanes {
                        rank.forEachPart(ofLane: lane, of: lanes) {
                            blocks += Array($0)
                            counts[lane] += $0.count
                        }
                    }
                    #expect(counts.max()! - counts.min()! <= 1)
                }
                #expect(blocks.sorted() == Array(0..<ownership.blocks.blocks))
            }
        }
        #expect(Ownership(count: count, ranks: 1).owned(by: 1).count == 0)
    }

    /// A tower with a head: enough to have weights, tables and biases.
    private static func cut(_ windows: inout ParameterWindows) -> Discriminator.Parameters {
        let sizes = EncoderSizes(embedding: 4, hidden: 4, layers: 1, heads: 1, feedForward: 4)
        let tower = Tower("discriminator", sizes, EmbeddingRows(vocabulary: 8, positions: 8))
        return Discriminator.Parameters(
            tower: Tower.Parameters(&windows, of: tower), head: ReplacedTokenHead.Parameters(&windows, of: tower))
    }

    private static var layout: ParameterLayout { ParameterLayout { _ = cut(&$0) } }
}
