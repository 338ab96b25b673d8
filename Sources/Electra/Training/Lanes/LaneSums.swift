import CKernels
import Collectives
import ElectraKernels

/// From the lanes' partial sums to the rank's: the next levels of the tree, each lane adding up its part of the flat
/// range. What remains is one sum for each maximal subtree of the rank's slices.
final class LaneSums: @unchecked Sendable {
    // Unchecked: lanes add up disjoint blocks.
    /// The rank's partial sums, in leaf order.
    let partials: [UnsafeMutablePointer<Float>]
    /// The first of them, where the sum over all ranks ends.
    var gradient: UnsafeMutablePointer<Float> { partials[0] }

    private let sums: [UnsafeMutablePointer<Float>]
    private let additions: [SummationTree.Addition]
    private let pool: LanePool
    private let blocks: FlatBlocks
    private var work: LanePool.Work = { _ in }

    /// `stacks` are those of the lanes, in their order.
    init<Parameters>(stacks: [GradientStack<Parameters>], tree: SummationTree, pool: LanePool, count: Int) {
        var nodes: [SummationTree.Node] = []
        var sums: [UnsafeMutablePointer<Float>] = []
        for stack in stacks {
            for (index, node) in stack.nodes.enumerated() {
                nodes.append(node)
                sums.append(stack.partialSum(index).base)
            }
        }
        let reduction = tree.reduction(of: nodes)
        self.sums = sums
        self.pool = pool
        additions = reduction.additions
        partials = reduction.remaining.map { sums[$0] }
        blocks = FlatBlocks(count: count)
        work = { [unowned self] lane in addUp(lane) }
    }

    func combine() -> UnsafeMutablePointer<Float> {
        if !additions.isEmpty { pool.run(work) }
        return gradient
    }

    private func addUp(_ lane: Int) {
        let all = 0..<blocks.blocks
        for block in FlatBlocks.part(lane, of: pool.count, in: all) {
            // Block by block, so that a sum is still in the cache when the next is added to it.
            let elements = blocks.elements(ofBlocks: block..<block + 1)
            for addition in additions {
                KernelKind.gradientSums.timed(numbers: 3 * elements.count) {
                    ck_add(
                        sums[addition.into] + elements.lowerBound, sums[addition.from] + elements.lowerBound,
                        elements.count)
                }
            }
        }
    }
}
