import Collectives
import ElectraKernels

/// From the lanes' partial sums to the rank's: the next levels of the tree, each lane adding up its part of the flat
/// range. What remains is one sum for each maximal subtree of the rank's slices.
final class LaneSums<Parameters: AnyObject>: @unchecked Sendable {
    // Unchecked: lanes add up disjoint blocks.
    /// The rank's partial sums, in leaf order.
    let partials: [UnsafeMutablePointer<Float>]
    /// The first of them, where the sum over all ranks ends.
    let gradient: GradientStore<Parameters>

    private let sums: [GradientStore<Parameters>]
    private let additions: [SummationTree.Addition]
    private let lanes: Int

    /// `stacks` are those of the lanes, in their order.
    init(stacks: [GradientStack<Parameters>], tree: SummationTree) {
        var nodes: [SummationTree.Node] = []
        var sums: [GradientStore<Parameters>] = []
        for stack in stacks {
            for (index, node) in stack.nodes.enumerated() {
                nodes.append(node)
                sums.append(stack.partialSum(index))
            }
        }
        let reduction = tree.reduction(of: nodes)
        self.sums = sums
        lanes = stacks.count
        additions = reduction.additions
        gradient = sums[reduction.remaining[0]]
        partials = reduction.remaining.map { sums[$0].buffer.base }
    }

    /// Before tables are added.
    func touchRows() {
        for addition in additions {
            sums[addition.into].touch(rowsOf: sums[addition.from], in: 0..<sums[addition.into].buffer.count)
        }
    }

    /// Sums of other ranks are added to this one's.
    func touchAllRows() {
        for sum in sums { sum.touchAllRows() }
    }

    /// The lane's share of these elements.
    func add(_ elements: Range<Int>, lane: Int) {
        if additions.isEmpty { return }
        let blocks = FlatBlocks(count: elements.count)
        for block in FlatBlocks.part(lane, of: lanes, in: 0..<blocks.blocks) {
            // Block by block, so that a sum is still in the cache when the next is added to it.
            let place = blocks.elements(ofBlocks: block..<block + 1)
            let part = elements.lowerBound + place.lowerBound..<elements.lowerBound + place.upperBound
            for addition in additions { sums[addition.into].add(sums[addition.from], elements: part) }
        }
    }
}
