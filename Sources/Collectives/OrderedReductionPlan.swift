/// Who holds which partial sum, who owns which elements, and which additions follow from that: all of an
/// `OrderedReduction` that needs no MPI, and that all ranks derive alike from the same few numbers.
struct OrderedReductionPlan: Sendable {
    /// The partial sums of all ranks, in leaf order. The place of one in this list names it.
    let nodes: [SummationTree.Node]
    /// The places of each rank's partial sums.
    let places: [Range<Int>]
    /// How many exchanges a chunk takes: in the k-th, each rank sends its k-th partial sum, if it has so many.
    let slotCount: Int
    /// What leads from all partial sums to the root, which ends in place 0.
    let additions: [SummationTree.Addition]
    /// The flat elements that each rank sums up.
    let parts: [Range<Int>]
    /// All parts are worked off in chunks of so many elements...
    let chunkElements: Int
    /// ... which the longest part has so many of.
    let chunkCount: Int

    /// Staging for what one chunk receives stays below so many elements (32 MB), however many ranks there are.
    private static let stagingElements = 1 << 23

    init(leafCount: Int, parts: [Range<Int>], chunkElements: Int) {
        let size = parts.count
        require(
            size <= leafCount, "OrderedReduction: \(size) ranks for \(leafCount) leaves; each rank needs one at least")
        require(chunkElements > 0, "OrderedReduction: chunks of \(chunkElements) elements")
        for (left, right) in zip(parts, parts.dropFirst()) {
            require(left.upperBound == right.lowerBound, "OrderedReduction: parts \(left) and \(right) do not join")
        }
        let tree = SummationTree(leafCount: leafCount)
        var nodes: [SummationTree.Node] = []
        places = (0..<size).map { rank in
            let leaves = SummationTree.range(ofPart: rank, parts: size, count: leafCount)
            let first = nodes.count
            nodes += tree.subtrees(covering: leaves)
            return first..<nodes.count
        }
        self.nodes = nodes
        slotCount = places.map(\.count).max() ?? 0
        additions = tree.reduction(of: nodes).additions
        self.parts = parts
        // The same on all ranks, since the number of partial sums is.
        let elements = min(chunkElements, max(Self.stagingElements / nodes.count, 1024))
        self.chunkElements = elements
        chunkCount = ((parts.map(\.count).max() ?? 0) + elements - 1) / elements
    }

    /// Where the flat buffers end.
    var flatCount: Int { parts.last?.upperBound ?? 0 }

    /// The flat elements of the `index`-th chunk of a rank's part; empty past its end.
    func chunk(_ index: Int, of rank: Int) -> Range<Int> {
        let part = parts[rank]
        let lower = min(part.lowerBound + index * chunkElements, part.upperBound)
        return lower..<min(lower + chunkElements, part.upperBound)
    }
}
