/// Who holds which partial sum, who owns which elements, which messages go to and fro, and which additions follow: all of an
/// `OrderedReduction` that needs no MPI, and that all ranks derive alike from the same few numbers.
struct OrderedReductionPlan: Sendable {
    /// A chunk of one bucket of the flat elements: what is exchanged and added up at a time.
    struct Round: Sendable {
        let bucket: Int
        /// The elements of each rank in it; empty past the end of its part.
        let chunks: [Range<Int>]
    }

    /// One partial sum of a rank, by its place among those of all.
    struct Message: Sendable {
        let round: Int
        /// Whom it goes to, or comes from.
        let rank: Int
        let place: Int
        let elements: Range<Int>
    }

    /// The partial sums of all ranks, in leaf order. The place of one in this list names it.
    let nodes: [SummationTree.Node]
    /// The places of each rank's partial sums.
    let places: [Range<Int>]
    /// What leads from all partial sums to as few as the tree allows.
    let additions: [SummationTree.Addition]
    /// The places where these end, in leaf order: of all leaves one, place 0, the root.
    let sums: [Int]
    /// Of each bucket, the flat elements that each rank sums up.
    let buckets: [[Range<Int>]]
    /// All parts are worked off in chunks of so many elements.
    let chunkElements: Int
    let rounds: [Round]

    /// Staging for what one chunk receives stays below so many elements (4 MB), however many ranks there are.
    private static let stagingElements = 1 << 20

    /// `leaves` of the tree, by rank; they join one another.
    init(_ tree: SummationTree, leaves: [Range<Int>], buckets: [[Range<Int>]], chunkElements: Int) {
        require(chunkElements > 0, "OrderedReduction: chunks of \(chunkElements) elements")
        for parts in buckets {
            for (left, right) in zip(parts, parts.dropFirst()) {
                require(left.upperBound == right.lowerBound, "OrderedReduction: parts \(left) and \(right) do not join")
            }
        }
        var nodes: [SummationTree.Node] = []
        places = leaves.map { leaves in
            let first = nodes.count
            nodes += tree.subtrees(covering: leaves)
            return first..<nodes.count
        }
        self.nodes = nodes
        (additions, sums) = tree.reduction(of: nodes)
        self.buckets = buckets
        // The same on all ranks, since the number of partial sums is.
        let elements = min(chunkElements, max(Self.stagingElements / nodes.count, 1024))
        self.chunkElements = elements
        rounds = buckets.enumerated().flatMap { bucket, parts in
            let longest = parts.map(\.count).max() ?? 0
            return stride(from: 0, to: longest, by: elements).map { start in
                Round(
                    bucket: bucket,
                    chunks: parts.map { part in
                        let lower = min(part.lowerBound + start, part.upperBound)
                        return lower..<min(lower + elements, part.upperBound)
                    })
            }
        }
    }

    /// All leaves, dealt out to `ranks` as even as can be.
    static func leaves(of tree: SummationTree, ranks: Int) -> [Range<Int>] {
        require(
            ranks <= tree.leafCount,
            "OrderedReduction: \(ranks) ranks for \(tree.leafCount) leaves; each rank needs one at least")
        return (0..<ranks).map { SummationTree.range(ofPart: $0, parts: ranks, count: tree.leafCount) }
    }

    /// In rounds, and in each to the right neighbour first, then to the next but one...: so no rank is sent to by all at once.
    func outgoing(of rank: Int) -> [Message] {
        messages(of: rank, direction: 1) { round, other in (places[rank], round.chunks[other]) }.flatMap(\.self)
    }

    /// Those of each round, in the order in which the other ranks send them.
    func incoming(of rank: Int) -> [[Message]] {
        messages(of: rank, direction: -1) { round, other in (places[other], round.chunks[rank]) }
    }

    private func messages(
        of rank: Int, direction: Int, _ between: (Round, _ other: Int) -> (places: Range<Int>, elements: Range<Int>)
    ) -> [[Message]] {
        let size = places.count
        return rounds.enumerated().map { number, round in
            var messages: [Message] = []
            for distance in 1..<max(size, 1) {
                let other = (rank + direction * distance + size) % size
                let (places, elements) = between(round, other)
                if elements.isEmpty { continue }
                for place in places {
                    messages.append(Message(round: number, rank: other, place: place, elements: elements))
                }
            }
            return messages
        }
    }
}
