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
    private let stops: [Stop]
    private let buffers: [GradientStore<Parameters>]

    init(
        layout: ParameterLayout, tree: SummationTree, slices: Range<Int>, wire: GradientWire = .f32,
        cut: (inout ParameterWindows) -> Parameters
    ) {
        let nodes = slices.isEmpty ? [] : tree.subtrees(covering: slices)
        self.nodes = nodes
        var stops: [Stop] = []
        func visit(_ node: SummationTree.Node, into buffer: Int) {
            guard node.level > 0 else { return stops.append(Stop(slice: node.index, buffer: buffer)) }
            let right = SummationTree.Node(level: node.level - 1, index: 2 * node.index + 1)
            visit(SummationTree.Node(level: node.level - 1, index: 2 * node.index), into: buffer)
            if tree.leaves(of: right).isEmpty { return }
            visit(right, into: buffer + 1)
            stops[stops.count - 1].sums.append(buffer)
        }
        for (index, node) in nodes.enumerated() { visit(node, into: index) }
        self.stops = stops
        buffers = (0..<(stops.map { $0.buffer + 1 }.max() ?? 0)).map { _ in
            GradientStore(layout: layout, wire: wire, cut: cut)
        }
    }

    /// The sums of `nodes` after `sum`.
    func partialSum(_ index: Int) -> GradientStore<Parameters> { buffers[index] }

    /// Where the gradient of the last slice goes.
    var last: GradientStore<Parameters>? { stops.last.map { buffers[$0.buffer] } }

    /// Calls `compute` for each slice, in order, with a store for its gradient, and sums along the tree. What is to be done
    /// after the last slice is left to `complete`.
    func sum(_ compute: (_ slice: Int, _ gradients: Parameters, _ isLast: Bool) -> Void) {
        for (number, stop) in stops.enumerated() {
            let isLast = number == stops.count - 1
            buffers[stop.buffer].beginSlice()
            compute(stop.slice, buffers[stop.buffer].windows, isLast)
            if !isLast { complete(0..<buffers[stop.buffer].buffer.count, of: stop) }
        }
    }

    /// To be called for all elements once, as whole weights and tables, when no more is added to them in the last slice.
    func complete(_ elements: Range<Int>) {
        if let last = stops.last { complete(elements, of: last) }
    }

    private func complete(_ elements: Range<Int>, of stop: Stop) {
        buffers[stop.buffer].endSlice(elements)
        for into in stop.sums {
            buffers[into].touch(rowsOf: buffers[into + 1], in: elements)
            buffers[into].add(buffers[into + 1], elements: elements)
        }
    }
}

/// A slice, the buffer for its gradient, and what is added up after it: the buffer above onto each of these, in order. (Inside
/// of a generic class, it would be one itself, and looking at it would take memory.)
private struct Stop {
    let slice: Int
    let buffer: Int
    var sums: [Int] = []
}
