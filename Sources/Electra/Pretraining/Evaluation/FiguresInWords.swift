import ElectraSupport
import ElectraTraining
import Foundation

/// What the figures of an evaluation mean, in a sentence for each network. docs/training.md, "How to read them", is the long
/// form.
package struct FiguresInWords: Sendable {
    enum GeneratorStage: Sendable { case blind, frequencies, context, absent }
    enum DiscriminatorStage: Sendable { case start, plateau, leaving, off, far, absent }

    private let metrics: Metrics
    let generator: GeneratorStage
    let discriminator: DiscriminatorStage
    private let commonestToken: Double?

    /// `commonestToken` is the share of the commonest token of the text, where that is known.
    init(_ metrics: Metrics, of run: RunConfiguration, commonestToken: Double? = nil) {
        self.metrics = metrics
        self.commonestToken = commonestToken
        let knowsShare = metrics.discLoss < 1.05 * Self.entropy(metrics.replacedFraction)
        discriminator =
            switch metrics.discAUC {
            case _ where !run.objective.name.hasDiscriminator: .absent
            case ..<0.65 where !knowsShare: .start
            case ..<0.55: .plateau
            case ..<0.7: .leaving
            case ..<0.85: .off
            default: .far
            }
        generator =
            if run.objective.hasUniformGenerator {
                .absent
            } else if metrics.mlmLoss > 0.95 * log(Double(run.networks.vocabularySize)) {
                .blind
            } else if let commonestToken, metrics.maskedLMAccuracy < 1.15 * commonestToken {
                .frequencies
            } else {
                .context
            }
    }

    /// Whether `other` says the same in other numbers.
    func isAt(_ other: FiguresInWords?) -> Bool {
        generator == other?.generator && discriminator == other?.discriminator
    }

    package var sentences: [String] {
        // Where nothing is replaced there is nothing to tell, and no masks means no data.
        discriminator == .absent || metrics.replacedFraction > 0
            ? [discriminatorSentence, generatorSentence].compactMap(\.self) : []
    }

    /// The RTD loss of one who knows only that a share `p` is replaced.
    static func entropy(_ p: Double) -> Double { p > 0 && p < 1 ? -p * log(p) - (1 - p) * log(1 - p) : 0 }

    private var discriminatorSentence: String? {
        let p = metrics.replacedFraction
        let known = "\(percent(p)) are; knowing that alone gives an RTD loss of \(decimal(Self.entropy(p), 3))"
        let pairs =
            "of a replaced word and an original one, the replaced one looks more suspicious to the discriminator in "
            + "\(hundreds(metrics.discAUC)) of 100 pairs (a coin: 50); \(calls)."
        return switch discriminator {
        case .absent: nil
        case .start:
            "At the very start: the discriminator does not yet know how many words are replaced (\(known))."
        case .plateau:
            "Still on the plateau: the discriminator knows how many words are replaced, and not which (\(known) and an "
                + "accuracy of \(percent(max(p, 1 - p))))."
        case .leaving: "Leaving the plateau: \(pairs)"
        case .off: "Off the plateau: \(pairs)"
        case .far: "Far off the plateau: \(pairs)"
        }
    }

    private var calls: String {
        guard metrics.discRecall > 0 else { return "it calls no word replaced yet" }
        return "it finds \(hundreds(metrics.discRecall)) of 100 replaced words, and of 100 that it calls replaced "
            + "\(hundreds(metrics.discPrecision)) are"
    }

    private var generatorSentence: String? {
        let right = percent(metrics.maskedLMAccuracy)
        let who = discriminator == .absent ? "The network" : "The generator"
        switch generator {
        case .absent: return nil
        case .blind: return "\(who) guesses as if all words were equally frequent."
        case .frequencies:
            return
                "\(who) knows how frequent words are, and nothing more: it guesses \(right) of the masked words, and the "
                + "commonest one is \(percent(commonestToken ?? 0)) of the text."
                // The AUC falls again as the generator learns.
                + ([.start, .plateau, .absent].contains(discriminator)
                    ? "" : " As yet its replacements are easy to find.")
        case .context:
            return "\(who) guesses \(right) of the masked words"
                + (commonestToken.map { "; always the commonest one would be right for \(percent($0))" } ?? "") + "."
        }
    }

    private func percent(_ share: Double) -> String { "\(decimal(100 * share, 1)) %" }

    /// "less than 1" where that is not none.
    private func hundreds(_ share: Double) -> String {
        share > 0 && share < 0.005 ? "less than 1" : decimal(100 * share, 0)
    }
}
