/// Which of two texts scores higher, where the first should: one that is as it should be, and another that is not, in one
/// respect.
public struct MinimalPairScore: Sendable {
    public let good: Double
    public let bad: Double

    /// With `whereTheyDiffer`, of the tokens that they do not have in common at the beginning and at the end; of all tokens
    /// where that would leave none of one text.
    public init(good: TextScore, bad: TextScore, whereTheyDiffer: Bool = false) {
        let (goodIds, badIds) = (good.tokens.map(\.id), bad.tokens.map(\.id))
        // Equal texts have equal scores, whatever went through the network beside them.
        let bad = goodIds == badIds ? good : bad
        let places = Self.places(goodIds, badIds)
        let onlyThere = whereTheyDiffer && !places.good.isEmpty && !places.bad.isEmpty
        func sum(_ text: TextScore, _ differing: Range<Int>) -> Double {
            text.tokens[onlyThere ? differing : text.tokens.indices].reduce(0) { $0 + $1.score }
        }
        (self.good, self.bad) = (sum(good, places.good), sum(bad, places.bad))
    }

    /// 1 where the good text wins, 0 where it loses, and half for a tie.
    public var credit: Double { good > bad ? 1 : good < bad ? 0 : 0.5 }

    /// What is left of both without the longest beginning and then the longest end that they share.
    static func places(_ good: [Int32], _ bad: [Int32]) -> (good: Range<Int>, bad: Range<Int>) {
        let start = zip(good, bad).prefix { $0 == $1 }.count
        let end = zip(good[start...].reversed(), bad[start...].reversed()).prefix { $0 == $1 }.count
        return (start..<good.count - end, start..<bad.count - end)
    }
}

/// How often the good text of a pair wins: for each phenomenon, and for all.
package struct PairAccuracies: Sendable {
    package struct Group: Sendable {
        package let name: String
        package fileprivate(set) var pairs = 0
        package fileprivate(set) var ties = 0
        private var sum = 0.0
        private var squares = 0.0

        fileprivate init(_ name: String) { self.name = name }

        fileprivate mutating func add(_ credit: Double) {
            pairs += 1
            ties += credit == 0.5 ? 1 : 0
            sum += credit
            squares += credit * credit
        }

        package var accuracy: Double { sum / Double(pairs) }
        /// sqrt(variance / pairs); without ties that of a share a, sqrt(a (1 - a) / pairs).
        package var standardError: Double {
            (max(0, squares / Double(pairs) - accuracy * accuracy) / Double(pairs)).squareRoot()
        }
    }

    /// As they came first.
    package private(set) var phenomena: [Group] = []
    package private(set) var overall = Group("all pairs")
    private var places: [String: Int] = [:]

    package init() {}

    package mutating func add(_ pair: MinimalPairScore, of phenomenon: String) {
        let place = places[phenomenon] ?? phenomena.count
        if place == phenomena.count {
            places[phenomenon] = place
            phenomena.append(Group(phenomenon))
        }
        phenomena[place].add(pair.credit)
        overall.add(pair.credit)
    }

    /// Over phenomena, of whatever number of pairs, and its standard error for these phenomena: sqrt(sum of squares) / count.
    package var mean: (accuracy: Double, standardError: Double) {
        let count = Double(phenomena.count)
        let squares = phenomena.reduce(0) { $0 + $1.standardError * $1.standardError }
        return (phenomena.reduce(0) { $0 + $1.accuracy } / count, squares.squareRoot() / count)
    }
}
