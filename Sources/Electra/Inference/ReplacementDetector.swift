import ElectraCorpus
import Glibc

/// What a discriminator makes of a text, token by token.
public struct Detection: Sendable {
    public struct Token: Sendable {
        public let id: Int32
        /// In bytes of the text.
        public let span: Range<Int>
        /// Positive where the token looks replaced.
        public let logit: Float
        public var probability: Float { 1 / (1 + exp(-logit)) }
    }

    public let text: [UInt8]
    public let tokens: [Token]
}

/// Marks what looks replaced. Not Sendable: one for each thread.
public final class ReplacementDetector {
    private let pass: ForwardPass
    private let tokenizer: WordPieceTokenizer

    public init(_ network: PretrainedNetwork) {
        pass = ForwardPass(network)
        tokenizer = WordPieceTokenizer(network.vocabulary, network.rules)
    }

    public func detect(_ texts: [[UInt8]]) -> [Detection] {
        let encoded = texts.map { tokenizer.encode($0) }
        let logits = logits(of: encoded.map(\.ids))
        return texts.indices.map { number in
            let text = encoded[number]
            return Detection(
                text: texts[number],
                tokens: text.ids.indices.map {
                    Detection.Token(id: text.ids[$0], span: text.spans[$0], logit: logits[number][$0])
                })
        }
    }

    /// One number a token.
    func logits(of texts: [[Int32]]) -> [[Float]] {
        var logits = texts.map { [Float](repeating: 0, count: $0.count) }
        let windows = texts.enumerated().flatMap { number, ids in
            TextWindow.covering(text: number, count: ids.count, room: pass.room)
        }
        pass.run(windows, of: texts) { window, row in
            for token in window.read {
                logits[window.text][token] = pass.replacedLogit(row + 1 + token - window.tokens.lowerBound)
            }
        }
        return logits
    }
}
