/// The fixed binary tree along which everything is summed.
///
/// Floating-point addition is not associative, so the sum over the leaves 0..<leafCount is *defined* as that of one
/// tree: leaves padded to a power of two, where an absent leaf adds nothing (a node with no real leaf in its right
/// half equals its left half). Whoever computes which part, the additions are the same, hence the bits.
///
///     leafCount 5:     ((0 + 1) + (2 + 3)) + 4
public struct SummationTree: Sendable, Hashable {
    /// A subtree: the sum of the leaves index << level ..< (index + 1) << level, as far as they exist.
    public struct Node: Sendable, Hashable {
        public let level: Int
        public let index: Int

        public init(level: Int, index: Int) {
            self.level = level
            self.index = index
        }
    }

    /// Element `from` of a list of partial sums is added to its left sibling `into`.
    public struct Addition: Sendable, Hashable {
        public let into: Int
        public let from: Int

        public init(into: Int, from: Int) {
            self.into = into
            self.from = from
        }
    }

    public let leafCount: Int

    public init(leafCount: Int) {
        require(leafCount > 0, "SummationTree: \(leafCount) leaves, where at least one is needed")
        self.leafCount = leafCount
    }

    /// The level of the root: the smallest with 1 << height >= leafCount.
    public var height: Int { Int.bitWidth - (leafCount - 1).leadingZeroBitCount }

    public var root: Node { Node(level: height, index: 0) }

    /// The real leaves under `node`; empty for padding.
    public func leaves(of node: Node) -> Range<Int> {
        let lower = min(node.index << node.level, leafCount)
        return lower..<min((node.index + 1) << node.level, leafCount)
    }

    /// The largest subtrees that make up a contiguous range of leaves, in leaf order: what a rank or a thread that owns
    /// the range hands over. A block counts as a whole subtree when all its *real* leaves are in the range.
    public func subtrees(covering range: Range<Int>) -> [Node] {
        require(
            range.lowerBound >= 0 && range.upperBound <= leafCount, "SummationTree: leaves \(range) of \(leafCount)")
        var nodes: [Node] = []
        var start = range.lowerBound
        while start < range.upperBound {
            var node = Node(level: 0, index: start)
            while node.level < height, node.index.isMultiple(of: 2) {
                let parent = Node(level: node.level + 1, index: node.index / 2)
                if leaves(of: parent).upperBound > range.upperBound { break }
                node = parent
            }
            nodes.append(node)
            start = leaves(of: node).upperBound
        }
        return nodes
    }

    /// The additions that combine `nodes` (disjoint, in leaf order) as far as the tree allows, in an order in which
    /// they can be carried out on the partial sums in place; and the places in `nodes` where sums remain. Of nodes that
    /// cover all leaves one remains, the first: it holds the root.
    public func reduction(of nodes: [Node]) -> (additions: [Addition], remaining: [Int]) {
        var additions: [Addition] = []
        // Sums to the left that wait for a right sibling; as in a binary counter, each is of a higher level than the next.
        var waiting: [(node: Node, place: Int)] = []
        for (place, node) in nodes.enumerated() {
            var sum = (node: node, place: place)
            while sum.node.level < height {
                let parent = Node(level: sum.node.level + 1, index: sum.node.index / 2)
                if sum.node.index.isMultiple(of: 2) {
                    // A left child is its parent's sum already if the right half holds no real leaf.
                    if !leaves(of: Node(level: sum.node.level, index: sum.node.index + 1)).isEmpty { break }
                } else {
                    guard let left = waiting.last, left.node == Node(level: sum.node.level, index: sum.node.index - 1)
                    else { break }
                    additions.append(Addition(into: left.place, from: sum.place))
                    sum.place = left.place
                    waiting.removeLast()
                }
                sum.node = parent
            }
            waiting.append(sum)
        }
        return (additions, waiting.map(\.place))
    }

    /// The part of 0..<count that the `part`-th of `parts` owns: contiguous, in order, and as even as can be.
    public static func range(ofPart part: Int, parts: Int, count: Int) -> Range<Int> {
        require(part >= 0 && part < parts && count >= 0, "SummationTree: part \(part) of \(parts) of \(count)")
        return part * count / parts..<(part + 1) * count / parts
    }
}
