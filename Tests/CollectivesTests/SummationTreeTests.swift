import Testing

@testable import Collectives

/// Sums are written out as text, so that two are equal only if every addition and its order are.
private struct Definition {
    let leafCount: Int

    /// Halves first; nil where there is no real leaf; what has an empty right half is its left half.
    func sum(first: Int, width: Int) -> String? {
        if first >= leafCount { return nil }
        if width == 1 { return "\(first)" }
        guard let left = sum(first: first, width: width / 2) else { return nil }
        guard let right = sum(first: first + width / 2, width: width / 2) else { return left }
        return "(\(left)+\(right))"
    }

    func sum(of node: SummationTree.Node) -> String {
        sum(first: node.index << node.level, width: 1 << node.level) ?? "nothing"
    }

    var root: String? {
        var width = 1
        while width < leafCount { width *= 2 }
        return sum(first: 0, width: width)
    }
}

/// The ways to cut 0..<leafCount into contiguous parts: all of them, or a random choice where there are too many.
private func partitions(of leafCount: Int) -> [[Range<Int>]] {
    let all = 1 << (leafCount - 1)
    var generator = SystemRandomNumberGenerator()
    let chosen = leafCount <= 9 ? Array(0..<all) : (0..<200).map { _ in Int.random(in: 0..<all, using: &generator) }
    return chosen.map { cuts in
        let bounds = [0] + (1..<leafCount).filter { cuts >> ($0 - 1) & 1 == 1 } + [leafCount]
        return zip(bounds, bounds.dropFirst()).map { $0..<$1 }
    }
}

private func carryOut(_ additions: [SummationTree.Addition], on sums: inout [String]) {
    for addition in additions { sums[addition.into] = "(\(sums[addition.into])+\(sums[addition.from]))" }
}

@Test(arguments: 1...17)
func treeGivesTheSameSumForEveryPartition(leafCount: Int) {
    let tree = SummationTree(leafCount: leafCount)
    let definition = Definition(leafCount: leafCount)
    for partition in partitions(of: leafCount) {
        var nodes: [SummationTree.Node] = []
        for part in partition {
            let own = tree.subtrees(covering: part)
            #expect(own.flatMap { Array(tree.leaves(of: $0)) } == Array(part), "\(part) of \(leafCount)")
            nodes += own
        }
        var sums = nodes.map(definition.sum(of:))
        let (additions, remaining) = tree.reduction(of: nodes)
        carryOut(additions, on: &sums)
        #expect(remaining == [0])
        #expect(sums[0] == definition.root, "\(partition)")
    }
}

/// Threads first, then ranks: what the parts of a part leave over is what the part would have handed over itself.
@Test(arguments: 1...12)
func partsOfPartsLeaveTheSubtreesOfThePart(leafCount: Int) {
    let tree = SummationTree(leafCount: leafCount)
    let definition = Definition(leafCount: leafCount)
    for lower in 0..<leafCount {
        for upper in lower + 1...leafCount {
            for lanes in 1...upper - lower {
                let nodes = (0..<lanes).flatMap { lane in
                    let part = SummationTree.range(ofPart: lane, parts: lanes, count: upper - lower)
                    return tree.subtrees(covering: lower + part.lowerBound..<lower + part.upperBound)
                }
                var sums = nodes.map(definition.sum(of:))
                let (additions, remaining) = tree.reduction(of: nodes)
                carryOut(additions, on: &sums)
                let expected = tree.subtrees(covering: lower..<upper).map(definition.sum(of:))
                #expect(remaining.map { sums[$0] } == expected, "\(lower)..<\(upper) of \(leafCount) by \(lanes)")
            }
        }
    }
}

@Test(arguments: 1...17)
func subtreesAreMaximal(leafCount: Int) {
    let tree = SummationTree(leafCount: leafCount)
    for lower in 0..<leafCount {
        for upper in lower + 1...leafCount {
            for node in tree.subtrees(covering: lower..<upper) where node.level < tree.height {
                let parent = SummationTree.Node(level: node.level + 1, index: node.index / 2)
                let leaves = tree.leaves(of: parent)
                #expect(leaves.lowerBound < lower || leaves.upperBound > upper, "\(node) in \(lower)..<\(upper)")
            }
        }
    }
}

@Test func treeOfFiveLeaves() {
    let tree = SummationTree(leafCount: 5)
    #expect(tree.height == 3)
    #expect(tree.leaves(of: tree.root) == 0..<5)
    #expect(tree.leaves(of: .init(level: 1, index: 3)).isEmpty)
    #expect(tree.subtrees(covering: 0..<5) == [tree.root])
    #expect(
        tree.subtrees(covering: 1..<5) == [
            .init(level: 0, index: 1), .init(level: 1, index: 1), .init(level: 2, index: 1),
        ])
    #expect(tree.subtrees(covering: 2..<2).isEmpty)
    #expect(Definition(leafCount: 5).root == "(((0+1)+(2+3))+4)")
    #expect(tree.reduction(of: []).remaining.isEmpty)
}

@Test(arguments: [0, 1, 2, 7, 100], 1...9)
func partsAreEvenAndJoin(count: Int, parts: Int) {
    let ranges = (0..<parts).map { SummationTree.range(ofPart: $0, parts: parts, count: count) }
    #expect(ranges.flatMap(Array.init) == Array(0..<count))
    #expect(ranges.allSatisfy { $0.count == count / parts || $0.count == (count + parts - 1) / parts })
}
