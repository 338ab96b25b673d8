/// Which leaves of a summation tree each rank has, where a rank has so many lanes.
///
/// A host whose leaves are no single subtree sends several sums in the place of one. How many depends on where the leaves are
/// cut; and there is a choice, as the lane that has most decides how long a step takes: three hosts with sixteen lanes each
/// deal out 64 leaves as 22, 21 and 21 in the time of 32, 16 and 16, which are three subtrees.
public struct LeafShares: Sendable, Equatable {
    public let tree: SummationTree
    public let hosts: Int
    /// In the order of the ranks, those of a host side by side; they join one another.
    public let ofRanks: [Range<Int>]

    /// No lane has more leaves than where all have as many as the others.
    public init(_ tree: SummationTree, hosts: Int, ranksPerHost: Int, lanes: Int) {
        let ranks = hosts * ranksPerHost
        require(
            ranks <= tree.leafCount,
            "LeafShares: \(ranks) ranks for \(tree.leafCount) leaves; each rank needs one at least")
        self.tree = tree
        self.hosts = hosts
        let most = lanes * ((tree.leafCount + ranks * lanes - 1) / (ranks * lanes))
        ofRanks = tree.shares(
            of: 0..<tree.leafCount, parts: hosts, fewest: ranksPerHost, most: ranksPerHost * most
        ).flatMap { tree.shares(of: $0, parts: ranksPerHost, fewest: 1, most: most) }
    }

    public var ofHosts: [Range<Int>] {
        let ranksPerHost = ofRanks.count / hosts
        return (0..<hosts).map {
            ofRanks[$0 * ranksPerHost].lowerBound..<ofRanks[($0 + 1) * ranksPerHost - 1].upperBound
        }
    }

    /// Sums of a host, in the place of one, for the host that has most.
    public var mostSums: Int { ofHosts.map { tree.subtrees(covering: $0).count }.max() ?? 1 }
}

extension SummationTree {
    /// Deals `leaves` out to `parts`, in order, at least `fewest` and at most `most` to each, so that there are as few subtrees
    /// as can be (by the sum of their squares, as the part that has most counts), and of all such ways as even as can be.
    func shares(of leaves: Range<Int>, parts: Int, fewest: Int, most: Int) -> [Range<Int>] {
        // Of all ways that end at a place, the best one.
        struct Way {
            var subtrees = 0
            var unevenness = 0
            var cuts: [Int]
        }
        var ways = [Way(cuts: [leaves.lowerBound])]
        for part in 1...parts {
            let ends = part == parts ? [leaves.upperBound] : cuts(of: leaves, after: part, of: parts, fewest, most)
            ways = ends.compactMap { end in
                var best: Way?
                for way in ways {
                    let share = way.cuts[part - 1]..<max(end, way.cuts[part - 1])
                    guard share.count >= fewest, share.count <= most else { continue }
                    let count = subtrees(covering: share).count
                    let (subtrees, unevenness) = (
                        way.subtrees + count * count, way.unevenness + share.count * share.count
                    )
                    if let best, (best.subtrees, best.unevenness) <= (subtrees, unevenness) { continue }
                    best = Way(subtrees: subtrees, unevenness: unevenness, cuts: way.cuts + [end])
                }
                return best
            }
        }
        let cuts = ways[0].cuts
        return zip(cuts, cuts.dropFirst()).map { $0..<$1 }
    }

    /// Places to cut behind the first `part` of `parts`: where even parts are cut, and before and behind that the nearest
    /// starts of subtrees of each size.
    private func cuts(of leaves: Range<Int>, after part: Int, of parts: Int, _ fewest: Int, _ most: Int) -> [Int] {
        let first = max(leaves.lowerBound + part * fewest, leaves.upperBound - (parts - part) * most)
        let last = min(leaves.lowerBound + part * most, leaves.upperBound - (parts - part) * fewest)
        let even = leaves.lowerBound + part * leaves.count / parts
        var places: Set = [even]
        for step in (0..<height).map({ 1 << $0 }) {
            let before = (even - 1) / step * step
            places.formUnion([before, before + step, before + 2 * step].filter { first <= $0 && $0 <= last })
        }
        return places.sorted()
    }
}
