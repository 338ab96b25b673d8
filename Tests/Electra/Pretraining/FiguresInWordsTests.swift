import Foundation
import TestSupport
import Testing

@testable import ElectraPretraining
@testable import ElectraSupport
@testable import ElectraTraining

/// What figures mean, on figures that runs had.
@Suite struct FiguresInWordsTests {
    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let mlm: (loss: Double, accuracy: Double)
        let rtd: (loss: Double, accuracy: Double, auc: Double, precision: Double, recall: Double)
        let replaced: Double
        let commonest: Double?
        let stages: (FiguresInWords.DiscriminatorStage, FiguresInWords.GeneratorStage)
        /// Each stands in a sentence.
        let words: [String]
    }

    static let cases = [
        Case(
            description: "untrained", mlm: (9.03, 0.0001), rtd: (0.71, 0.47, 0.501, 0.15, 0.52), replaced: 0.15,
            commonest: 0.055, stages: (.start, .blind),
            words: [
                "At the very start", "15.0 % are", "RTD loss of 0.423", "as if all words were equally frequent",
            ]),
        Case(
            description: "three steps", mlm: (8.9, 0), rtd: (0.6626, 0.791, 0.553, 0.17, 0.17), replaced: 0.14,
            commonest: 0.055, stages: (.start, .blind), words: ["At the very start", "14.0 % are"]),
        Case(
            description: "the plateau", mlm: (6.73, 0.056), rtd: (0.4006, 0.859, 0.52, 0, 0), replaced: 0.141,
            commonest: 0.055, stages: (.plateau, .frequencies),
            words: [
                "Still on the plateau: the discriminator knows how many words are replaced, and not which",
                "14.1 % are",
                "RTD loss of 0.407", "accuracy of 85.9 %", "how frequent words are, and nothing more", "5.6 %", "5.5 %",
            ]),
        Case(
            description: "the plateau, with a generator that has learned something", mlm: (6.1, 0.17),
            rtd: (0.3806, 0.871, 0.54, 0, 0), replaced: 0.129, commonest: 0.055, stages: (.plateau, .context),
            words: [
                "Still on the plateau",
                "guesses 17.0 % of the masked words; always the commonest one would be right for 5.5 %",
            ]),
        Case(
            description: "preset tiny after 2,000 steps", mlm: (6.4, 0.162), rtd: (0.367, 0.876, 0.632, 0.874, 0.016),
            replaced: 0.1256, commonest: nil, stages: (.leaving, .context),
            words: [
                "Leaving the plateau", "in 63 of 100 pairs (a coin: 50)", "finds 2 of 100 replaced words",
                "of 100 that it calls replaced 87 are", "guesses 16.2 % of the masked words.",
            ]),
        Case(
            description: "preset tiny after 100 steps", mlm: (7.2, 0.056), rtd: (0.39, 0.859, 0.69, 0, 0),
            replaced: 0.141,
            commonest: 0.055, stages: (.leaving, .frequencies),
            words: [
                "Leaving the plateau", "it calls no word replaced yet", "As yet its replacements are easy to find.",
            ]),
        Case(
            description: "quickstart", mlm: (5.285, 0.201), rtd: (0.3024, 0.8728, 0.8447, 0.617, 0.2507),
            replaced: 0.1405,
            commonest: 0.06, stages: (.off, .context),
            words: ["Off the plateau", "in 84 of 100 pairs", "finds 25 of 100 replaced words"]),
        Case(
            description: "a trained model", mlm: (2.6, 0.55), rtd: (0.15, 0.95, 0.95, 0.8, 0.6), replaced: 0.08,
            commonest: 0.06, stages: (.far, .context),
            words: ["Far off the plateau", "in 95 of 100 pairs", "finds 60 of 100"]),
        Case(
            description: "off the plateau, and careful", mlm: (6.4, 0.162), rtd: (0.36, 0.87, 0.7, 0.9, 0.004),
            replaced: 0.13,
            commonest: nil, stages: (.off, .context), words: ["it finds less than 1 of 100 replaced words"]),
    ]

    private func words(_ figures: Case, uniform: Bool = false) throws -> FiguresInWords {
        var metrics = Metrics()
        (metrics.mlmLoss, metrics.maskedLMAccuracy) = figures.mlm
        (metrics.discLoss, metrics.discAccuracy, metrics.discAUC, metrics.discPrecision, metrics.discRecall) =
            figures.rtd
        metrics.replacedFraction = figures.replaced
        var run = try RunConfiguration.preset("tiny")
        run.networks.vocabularySize = 8192
        run.objective.hasUniformGenerator = uniform
        return FiguresInWords(metrics, of: run, commonestToken: figures.commonest)
    }

    @Test(arguments: cases) func figuresAreSaidInWords(figures: Case) throws {
        let words = try words(figures)
        #expect(words.discriminator == figures.stages.0 && words.generator == figures.stages.1)
        let text = words.sentences.joined(separator: " ")
        for word in figures.words { #expect(text.contains(word), "no “\(word)” in “\(text)”") }
        #expect(words.sentences.count == 2 && words.sentences.allSatisfy { $0.hasSuffix(".") })
    }

    @Test func aUniformGeneratorKnowsNothingAndIsNotSpokenOf() throws {
        let words = try words(Self.cases[2], uniform: true)
        #expect(words.sentences.count == 1 && words.generator == .absent)
    }

    @Test func whatIsNewIsAnotherStage() throws {
        let stages = try Self.cases.map { try words($0) }
        #expect(!stages[0].isAt(nil) && stages[0].isAt(stages[1]))
        for (one, other) in zip(stages.dropFirst(), stages.dropFirst(2).prefix(6)) { #expect(!one.isAt(other)) }
        #expect(stages[6].isAt(stages[8]))
    }

    @Test func nothingReplacedIsNothingToTell() throws {
        let words = FiguresInWords(Metrics(), of: try RunConfiguration.preset("tiny"))
        #expect(words.sentences.isEmpty)
        #expect(FiguresInWords(Metrics(named: [:]), of: try RunConfiguration.preset("tiny")).sentences.isEmpty)
    }

    /// What the docs call H(p): 50 H(0.13) = 19.3.
    @Test func theLossOfOneWhoKnowsTheShareAlone() {
        #expect(abs(50 * FiguresInWords.entropy(0.13) - 19.3) < 0.05)
        #expect(abs(FiguresInWords.entropy(0.5) - log(2)) < 1e-12)
        #expect(FiguresInWords.entropy(0) == 0 && FiguresInWords.entropy(1) == 0)
    }

    @Test(arguments: [
        // Found, sentences, what the blind find: 16 of 200 as was once seen.
        (11, 200, 0.08, "16, give or take 8: that is no better than guessing"),
        (23, 200, 0.08, "no better than guessing"), (24, 200, 0.08, "16, give or take 8: that is better than guessing"),
        (36, 153, 0.065, "10, give or take 7: that is better than guessing"),
        (8, 200, 0.08, "that is worse than guessing"),
        (9, 200, 0.08, "no better than guessing"),
        (3, 10, 0.1, "1, give or take 2: these are too few sentences to tell"),
    ])
    func findsAreComparedWithChance(found: Int, count: Int, chance: Double, words: String) {
        let finds = FindsAgainstChance(found: found, chances: Array(repeating: chance, count: count))
        #expect(finds.comparison.hasSuffix(words), "\(finds.comparison)")
    }

    @Test(arguments: [(5, 200), (3, 3), (5, 2), (1, 7), (0, 9)]) func theDrawIsFair(most: Int, count: Int) {
        // Whatever was found: which of them are shown depends on how many there are alone.
        func drawn(_ isFound: (Int) -> Bool) -> [Int] {
            let examples = (0..<count).map {
                ReplacementDemonstration.Example(words: [], original: "\($0)", isFound: isFound($0), chance: 0.1)
            }
            return FindsAgainstChance.draw(most, of: examples).compactMap { Int($0.original) }
        }
        let places = drawn { _ in false }
        #expect(places == drawn { $0 % 3 == 0 } && places == drawn { $0 > count / 2 })
        #expect(places.count == min(most, count) && Set(places).count == places.count && places == places.sorted())
        if count > 2 * most && most > 1 { #expect(places.last! > count / 2) }
    }
}
