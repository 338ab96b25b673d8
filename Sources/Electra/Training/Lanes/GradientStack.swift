import CKernels
import Collectives
import ElectraKernels
import ElectraModel

/// A lane's gradient buffers: as many as it takes to sum its slices along the tree, one slice at a time.
///
/// The sum of a subtree goes left half first, then right half into the next buffer, then right onto left; so a subtree
/// of 2^k slices takes k + 1 buffers, and the sums of earlier subtrees of the lane stay below it on the stack.
final class GradientStack<Parameters: AnyObject> {
    /// The lane's maximal subtrees, in leaf order; the sum of number i ends in buffer i.
    let nodes: [SummationTree.Node]
    private let tree: SummationTree
    private let buffers: [GradientStore<Parameters>]

    init(
        layout: ParameterLayout, tree: SummationTree, slices: Range<Int>, cut: (inout ParameterWindows) -> Parameters
    ) {
        self.tree = tree
        let nodes = slices.isEmpty ? [] : tree.subtrees(covering: slices)
        self.nodes = nodes
        let depth = nodes.indices.map { $0 + Self.depth(of: nodes[$0], in: tree) }.max() ?? 0
        buffers = (0..<depth).map { _ in GradientStore(layout: layout, cut: cut) }
    }

    /// The sums of `nodes` after `sum`.
    func partialSum(_ index: Int) -> GradientStore<Parameters> { buffers[index] }

    /// Calls `compute` for each slice, in order, with a store for its gradient, and sums along the tree.
    func sum(_ compute: (_ slice: Int, _ gradients: Parameters) -> Void) {
        for index in nodes.indices { sum(nodes[index], into: index, compute) }
    }

    private func sum(
        _ node: SummationTree.Node, into index: Int, _ compute: (Int, Parameters) -> Void
    ) {
        let store = buffers[index]
        guard node.level > 0 else {
            store.beginSlice()
            compute(node.index, store.windows)
            store.endSlice()
            return
        }
        let left = SummationTree.Node(level: node.level - 1, index: 2 * node.index)
        let right = SummationTree.Node(level: node.level - 1, index: 2 * node.index + 1)
        sum(left, into: index, compute)
        if !tree.leaves(of: right).isEmpty {
            sum(right, into: index + 1, compute)
            store.touch(rowsOf: buffers[index + 1])
            store.add(buffers[index + 1], elements: 0..<store.buffer.count)
        }
    }

    private static func depth(of node: SummationTree.Node, in tree: SummationTree) -> Int {
        guard node.level > 0 else { return 1 }
        let left = depth(of: SummationTree.Node(level: node.level - 1, index: 2 * node.index), in: tree)
        let right = SummationTree.Node(level: node.level - 1, index: 2 * node.index + 1)
        return tree.leaves(of: right).isEmpty ? left : max(left, 1 + depth(of: right, in: tree))
    }
}
