import Foundation
import TestSupport
import Testing

@testable import ElectraCorpus
@testable import ElectraHuggingFace
@testable import ElectraInference
@testable import ElectraSupport

/// Scores against sums over what the other commands' workers say.
@Suite struct ScoringTests {
    private let place: Workplace
    private let export: String

    /// An export of the golden networks, with words, some of which are cut into pieces.
    init() throws {
        place = try Workplace()
        export = place.file("export")
        let golden = try #require(GoldenFolders.own.last)
        let words = (5..<40).map { "w\($0)" } + (0..<10).map { "##\($0)" }
        let vocabulary = try Vocabulary(
            pieces: Vocabulary.specialPieces + words + ["w"] + (0..<10).map { "v\($0)" }, name: "test")
        for network in ["discriminator", "generator"] {
            try FileManager.default.createDirectory(atPath: export, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: "\(golden)/\(network)", toPath: "\(export)/\(network)")
            try TokenizerFiles(vocabulary: vocabulary, rules: .uncased).write(to: "\(export)/\(network)")
        }
    }

    private func scores(by basis: TextScorer.Basis, _ texts: [String]) throws -> [TextScore] {
        TextScorer(try ScoringNetworks(export, by: basis)).score(texts.map { Array($0.utf8) })
    }

    private let text = "w7 w405 w9 v3 w52"

    private var logits: [Double] {
        get throws {
            let network = try PretrainedNetwork(export, network: .discriminator)
            return ReplacementDetector(network).detect([Array(text.utf8)])[0].tokens.map { Double($0.logit) }
        }
    }

    /// With a pass of its own for each token, and a plain softmax.
    private var logProbabilities: [Double] {
        get throws {
            let network = try PretrainedNetwork(export, network: .generator)
            let ids = WordPieceTokenizer(network.vocabulary, network.rules).ids(of: Array(text.utf8))
            let pieces = ids.map { network.vocabulary[$0] }
            #expect(pieces == ["w7", "w", "##4", "##0", "##5", "w9", "v3", "w5", "##2"])
            let pass = ForwardPass(network)
            return ids.indices.map { token in
                let rest = pieces[(token + 1)...].prefix { $0.hasPrefix("##") }.indices
                pass.reset()
                pass.append(ids[...], masked: [token] + rest)
                pass.run()
                let row = pass.predictedLogits(0).map(Double.init)
                return row[Int(ids[token])] - log(row.reduce(0) { $0 + exp($1) })
            }
        }
    }

    private func expectClose(_ found: [Double], _ expected: [Double]) {
        #expect(found.count == expected.count)
        for (one, other) in zip(found, expected) { #expect(abs(one - other) < 1e-5) }
    }

    @Test func scoresAreSumsOverTokens() throws {
        let (logits, logs) = (try logits, try logProbabilities)
        let original = logits.map { log(1 - 1 / (1 + exp(-$0))) }
        let expected: [(basis: TextScorer.Basis, scores: [Double])] = [
            (.discriminator, original), (.generator, logs), (.both, zip(logs, original).map { $0 + $1 }),
            (.ratio, zip(logs, logits).map { $0 - $1 }),
        ]
        // In company, too.
        let others = (0..<40).map { "w\(5 + $0 % 30) v\($0 % 10)" }
        for (basis, scores) in expected {
            let found = try self.scores(by: basis, others + [text] + others)[others.count]
            expectClose(found.tokens.map(\.score), scores)
            expectClose([found.score], [scores.reduce(0, +)])
            expectClose([found.scorePerToken], [scores.reduce(0, +) / Double(scores.count)])
        }
    }

    @Test func logarithmsOfAnySize() {
        #expect(TextScorer.logOriginal(1000) == -1000 && TextScorer.logOriginal(-1000) == 0)
        expectClose([TextScorer.logOriginal(0), TextScorer.logOriginal(2)], [-log(2), -log(1 + exp(2))])
    }

    @Test func longTextsGoInWindowsAndEmptyOnesScoreNothing() throws {
        let long = (0..<100).map { "w\(5 + $0 % 70)" }.joined(separator: " ")
        for basis in TextScorer.Basis.allCases {
            let found = try scores(by: basis, [long, "", " "])
            #expect(found[0].tokens.count > 100 && found[0].tokens.allSatisfy { $0.score.isFinite && $0.score != 0 })
            #expect(found[1].score == 0 && found[2].tokens.isEmpty && found[2].scorePerToken.isNaN)
        }
    }

    @Test func theNetworkIsTheOneThatIsThere() throws {
        #expect(try ScoringNetworks(export, by: nil).basis == .discriminator)
        #expect(try ScoringNetworks(export + "/discriminator", by: nil).basis == .discriminator)
        #expect(try ScoringNetworks(export + "/generator", by: nil).basis == .generator)
        let failure = try #require(throws: Failure.self) { try ScoringNetworks(export + "/generator", by: .ratio) }
        #expect(failure.kind == .usage && failure.description.contains("name an export"))
        let vocabulary = try Vocabulary(pieces: Vocabulary.specialPieces + ["v", "w"], name: "test")
        try TokenizerFiles(vocabulary: vocabulary, rules: .uncased).write(to: export + "/generator")
        let other = try #require(throws: Failure.self) { try ScoringNetworks(export, by: .both) }
        #expect(other.kind == .badData && other.description.contains("other tokens"))
    }

    // MARK: Pairs

    private func score(_ tokens: [(id: Int32, score: Double)]) -> TextScore {
        TextScore(text: [], tokens: tokens.map { TextScore.Token(id: $0.id, span: 0..<0, score: $0.score) })
    }

    @Test func pairsWhereTheyDiffer() {
        #expect(MinimalPairScore.places([1, 2, 3, 4], [1, 5, 6, 3, 4]) == (1..<2, 1..<3))
        // The beginning takes what could be of both.
        #expect(MinimalPairScore.places([1, 1, 2], [1, 1, 1, 2]) == (2..<2, 2..<3))
        #expect(MinimalPairScore.places([7], [8]) == (0..<1, 0..<1))
        #expect(MinimalPairScore.places([7, 7], [7, 7]) == (2..<2, 2..<2))
        let good = score([(1, -1), (2, -5), (3, -1)])
        let bad = score([(1, -2), (4, -4), (3, -4)])
        let all = MinimalPairScore(good: good, bad: bad)
        #expect((all.good, all.bad, all.credit) == (-7, -10, 1))
        let some = MinimalPairScore(good: good, bad: bad, whereTheyDiffer: true)
        #expect((some.good, some.bad, some.credit) == (-5, -4, 0))
        // Nothing would be left of the second.
        let longer = MinimalPairScore(good: good, bad: score([(1, -2), (3, -4)]), whereTheyDiffer: true)
        #expect((longer.good, longer.bad) == (-7, -6))
        #expect(MinimalPairScore(good: good, bad: score([(1, 0), (2, 0), (3, 0)])).credit == 0.5)
    }

    @Test func accuraciesOfPhenomena() {
        var accuracies = PairAccuracies()
        let (won, lost) = (score([(1, -1)]), score([(2, -2)]))
        for (phenomenon, credits) in [("b", [1, 1, 0, 1]), ("a", [0.5, 0])] {
            for credit in credits {
                let pair =
                    credit == 0.5
                    ? (won, won) : credit == 1 ? (won, lost) : (lost, won)
                accuracies.add(MinimalPairScore(good: pair.0, bad: pair.1), of: phenomenon)
            }
        }
        #expect(accuracies.phenomena.map(\.name) == ["b", "a"] && accuracies.phenomena.map(\.pairs) == [4, 2])
        expectClose(accuracies.phenomena.map(\.accuracy), [0.75, 0.25])
        let errors = [(0.75 * 0.25 / 4).squareRoot(), (0.0625 / 2).squareRoot()]
        expectClose(accuracies.phenomena.map(\.standardError), errors)
        expectClose([accuracies.overall.accuracy, accuracies.mean.accuracy], [3.5 / 6, 0.5])
        expectClose(
            [accuracies.mean.standardError], [(errors[0] * errors[0] + errors[1] * errors[1]).squareRoot() / 2])
        #expect(accuracies.overall.pairs == 6 && accuracies.overall.ties == 1)
    }
}
