import Testing

@testable import Collectives

@Suite struct LeafSharesTests {
    /// All ways to cut `count` leaves into `parts`.
    private func ways(_ count: Int, _ parts: Int, fewest: Int, most: Int, from start: Int = 0) -> [[Range<Int>]] {
        if parts == 1 { return (fewest...most).contains(count - start) ? [[start..<count]] : [] }
        return (fewest...most).flatMap { share in
            ways(count, parts - 1, fewest: fewest, most: most, from: start + share).map { [start..<start + share] + $0 }
        }
    }

    private func cost(_ shares: [Range<Int>], _ tree: SummationTree) -> (subtrees: Int, unevenness: Int) {
        let counts = shares.map { tree.subtrees(covering: $0).count }
        return (counts.reduce(0) { $0 + $1 * $1 }, shares.reduce(0) { $0 + $1.count * $1.count })
    }

    @Test(arguments: 1...13, 1...4)
    func noOtherWayIsBetter(leafCount: Int, parts: Int) throws {
        guard parts <= leafCount else { return }
        let tree = SummationTree(leafCount: leafCount)
        for most in (leafCount + parts - 1) / parts...leafCount {
            for fewest in 1...leafCount / parts {
                let shares = tree.shares(of: 0..<leafCount, parts: parts, fewest: fewest, most: most)
                #expect(shares.flatMap(Array.init) == Array(0..<leafCount))
                #expect(shares.allSatisfy { $0.count >= fewest && $0.count <= most })
                let best = ways(leafCount, parts, fewest: fewest, most: most).map { cost($0, tree) }.min(by: <)
                #expect(cost(shares, tree) == (try #require(best)), "\(shares)")
            }
        }
    }

    /// docs/clusters.md: with sixteen lanes a rank the hosts' slices are single subtrees.
    @Test(arguments: 2...8) func manyLanesLeaveASingleSum(hosts: Int) {
        let tree = SummationTree(leafCount: 64)
        #expect(LeafShares(tree, hosts: hosts, ranksPerHost: 1, lanes: 16).mostSums == 1)
        #expect(LeafShares(tree, hosts: hosts, ranksPerHost: 2, lanes: 8).mostSums == 1)
        #expect(LeafShares(tree, hosts: hosts, ranksPerHost: 1, lanes: 1).mostSums == [1, 4, 1, 5, 4, 3, 1][hosts - 2])
    }

    @Test func manyHostsDoNotSpoilTheChoice() {
        let tree = SummationTree(leafCount: 4096)
        #expect(LeafShares(tree, hosts: 100, ranksPerHost: 1, lanes: 32).mostSums == 1)
    }

    /// A lane has no more leaves than where they are dealt out evenly, whatever the hosts.
    @Test(arguments: [16, 48, 60, 64, 100], [1, 2, 3, 5, 7])
    func theLaneThatHasMostHasNoMore(leafCount: Int, hosts: Int) {
        for (ranksPerHost, lanes) in [(1, 1), (1, 2), (1, 5), (1, 16), (2, 1), (2, 5), (2, 8), (3, 1), (3, 4)] {
            let ranks = hosts * ranksPerHost
            if ranks > leafCount { continue }
            let shares = LeafShares(
                SummationTree(leafCount: leafCount), hosts: hosts, ranksPerHost: ranksPerHost, lanes: lanes)
            #expect(shares.ofRanks.count == ranks && shares.ofRanks.flatMap(Array.init) == Array(0..<leafCount))
            #expect(shares.ofHosts.flatMap(Array.init) == Array(0..<leafCount))
            let most = shares.ofRanks.map { ($0.count + lanes - 1) / lanes }.max()
            #expect(most == (leafCount + ranks * lanes - 1) / (ranks * lanes))
            #expect(shares.ofRanks.allSatisfy { !$0.isEmpty })
        }
    }
}
