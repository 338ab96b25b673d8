import ElectraCorpus
import ElectraModel

/// What an encoder makes of a text: its last hidden states.
public struct TextEmbedding: Sendable {
    /// Tokens of the text, [CLS] and [SEP] included, as far as the model goes.
    public let ids: [Int32]
    /// One row of `width` numbers, or one for each token.
    public let values: [Float]
    public let width: Int
    /// Whether the text was longer than the model takes.
    public let isCut: Bool
}

/// Turns texts into vectors. Not Sendable: one for each thread.
public final class TextEmbedder {
    public enum Vectors: String, CaseIterable, Sendable {
        /// The vector at [CLS].
        case cls
        /// The mean over all tokens, [CLS] and [SEP] included.
        case mean
        /// One vector for each token, [CLS] and [SEP] included.
        case tokens
    }

    private let pass: ForwardPass
    private let tokenizer: WordPieceTokenizer
    private let vectors: Vectors
    private let ends: (Int32, Int32)

    public init(_ network: PretrainedNetwork, vectors: Vectors) {
        pass = ForwardPass(network)
        tokenizer = WordPieceTokenizer(network.vocabulary, network.rules)
        self.vectors = vectors
        ends = (network.vocabulary.classifier, network.vocabulary.separator)
    }

    /// A text longer than the model takes is cut.
    public func embed(_ texts: [[UInt8]]) -> [TextEmbedding] {
        let all = texts.map { tokenizer.ids(of: $0) }
        let windows = all.indices.map { number in
            let kept = 0..<min(all[number].count, pass.room)
            return TextWindow(text: number, tokens: kept, read: kept)
        }
        var embeddings: [TextEmbedding] = []
        pass.run(windows, of: all) { window, row in
            let rows = row..<row + window.tokens.count + 2
            embeddings.append(
                TextEmbedding(
                    ids: [ends.0] + all[window.text][window.tokens] + [ends.1], values: values(rows),
                    width: pass.network.tower.sizes.hidden, isCut: window.tokens.count < all[window.text].count))
        }
        return embeddings
    }

    private func values(_ rows: Range<Int>) -> [Float] {
        switch vectors {
        case .cls: return Array(pass.hidden(rows.lowerBound))
        case .tokens: return rows.flatMap { Array(pass.hidden($0)) }
        case .mean:
            var sums = [Double](repeating: 0, count: pass.network.tower.sizes.hidden)
            for row in rows {
                for (column, value) in pass.hidden(row).enumerated() { sums[column] += Double(value) }
            }
            return sums.map { Float($0 / Double(rows.count)) }
        }
    }
}
