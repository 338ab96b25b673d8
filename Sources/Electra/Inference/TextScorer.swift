package import ElectraCorpus
import ElectraHuggingFace
public import ElectraSupport
import Glibc

/// How well a text stands up to a network, token by token; higher is better.
public struct TextScore: Sendable {
    public struct Token: Sendable {
        public let id: Int32
        /// In bytes of the text.
        public let span: Range<Int>
        public let score: Double
    }

    public let text: [UInt8]
    /// Without [CLS] and [SEP].
    public let tokens: [Token]

    /// The sum over the tokens.
    public var score: Double { tokens.reduce(0) { $0 + $1.score } }
    /// NaN of a text without any.
    public var scorePerToken: Double { score / Double(tokens.count) }
}

/// Scores texts with networks as they are. Not Sendable: one for each thread.
public final class TextScorer {
    /// What the score of a token is. With z its logit from the discriminator, which sees the whole text, and p the generator's
    /// probability of it among the others (`PseudoLikelihood`):
    public enum Basis: String, CaseIterable, Sendable {
        /// That it was not replaced, log(1 - sigmoid(z)) = -log(1 + exp(z)).
        case discriminator
        /// log p.
        case generator
        /// The product of both experts, log p - log(1 + exp(z)).
        case both
        /// log p - z. Where a share r of tokens is replaced by the generator's, the best discriminator says
        ///
        ///     sigmoid(z) = r p / (r p + (1 - r) d)        d the probability of the token in text as it is
        ///
        /// so that log d = log p - z + log(r / (1 - r)): the generator, corrected by what the discriminator holds against it (K.
        /// Clark et al., 2020, "Pre-training transformers as energy-based cloze models", eq. 4). The last term, the same for
        /// all tokens, is left out, as a folder does not tell r.
        case ratio

        var needsDiscriminator: Bool { self != .generator }
        var needsGenerator: Bool { self != .discriminator }
    }

    private let basis: Basis
    private let tokenizer: WordPieceTokenizer
    private let detector: ReplacementDetector?
    private let likelihood: PseudoLikelihood?

    public init(_ networks: ScoringNetworks) {
        basis = networks.basis
        tokenizer = WordPieceTokenizer(networks.vocabulary, networks.rules)
        detector = networks.discriminator.map(ReplacementDetector.init)
        likelihood = networks.generator.map(PseudoLikelihood.init)
    }

    /// A text longer than the networks take is read in windows that overlap by half.
    public func score(_ texts: [[UInt8]]) -> [TextScore] {
        let encoded = texts.map { tokenizer.encode($0) }
        let logits = detector?.logits(of: encoded.map(\.ids))
        let logs = likelihood?.logProbabilities(of: encoded.map(\.ids))
        return texts.indices.map { number in
            let (ids, spans) = encoded[number]
            return TextScore(
                text: texts[number],
                tokens: ids.indices.map { token in
                    TextScore.Token(
                        id: ids[token], span: spans[token],
                        score: score(
                            logit: logits.map { Double($0[number][token]) } ?? 0, log: logs?[number][token] ?? 0))
                })
        }
    }

    private func score(logit: Double, log: Double) -> Double {
        switch basis {
        case .discriminator: Self.logOriginal(logit)
        case .generator: log
        case .both: log + Self.logOriginal(logit)
        case .ratio: log - logit
        }
    }

    /// -log(1 + exp(z)), for a z of any size.
    static func logOriginal(_ logit: Double) -> Double { -max(logit, 0) - log1p(exp(-abs(logit))) }
}

/// The networks that scores come from.
public struct ScoringNetworks: Sendable {
    public let basis: TextScorer.Basis
    let discriminator: PretrainedNetwork?
    let generator: PretrainedNetwork?

    /// From an export, or a folder of one network. Without a basis it is the discriminator, or else the network that is there.
    public init(_ path: String, by chosen: TextScorer.Basis?) throws(Failure) {
        let isSingle = FileAccess.kind(of: "\(path)/\(HuggingFaceConfiguration.fileName)") == .file
        if let chosen, isSingle, chosen.needsDiscriminator && chosen.needsGenerator {
            throw .usage(
                "\(path): holds one network, and --by \(chosen.rawValue) takes two; name an export, which has the folders "
                    + "discriminator and generator")
        }
        if let chosen {
            basis = chosen
        } else {
            let isGenerator = try HuggingFaceFolder(path).configuration.network == .generator
            basis = isGenerator ? .generator : .discriminator
        }
        discriminator = basis.needsDiscriminator ? try PretrainedNetwork(path, network: .discriminator) : nil
        generator = basis.needsGenerator ? try PretrainedNetwork(path, network: .generator) : nil
        if let discriminator, let generator {
            guard discriminator.vocabulary.numbersAlike(generator.vocabulary), discriminator.rules == generator.rules
            else {
                throw .badData(
                    "\(path): its discriminator and its generator cut texts into other tokens, and --by \(basis.rawValue) "
                        + "adds up what they say of each; export the model again")
            }
        }
    }

    private var any: PretrainedNetwork { discriminator ?? generator! }
    package var vocabulary: Vocabulary { any.vocabulary }
    var rules: TextRules { any.rules }
}
