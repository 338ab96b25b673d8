import ElectraCorpus
import Glibc

/// A generator's guesses for the masked tokens of a text.
public struct FilledText: Sendable {
    public struct Guess: Sendable {
        public let id: Int32
        public let logit: Float
        public let probability: Float
    }

    public struct Mask: Sendable {
        /// Of "[MASK]", in bytes of the text.
        public let span: Range<Int>
        /// Best first.
        public let guesses: [Guess]
    }

    public let text: [UInt8]
    public let ids: [Int32]
    public let masks: [Mask]
}

/// Predicts what stands at each [MASK]. Not Sendable: one for each thread.
public final class MaskFiller {
    private let pass: ForwardPass
    private let tokenizer: WordPieceTokenizer
    private let mask: Int32
    private let count: Int

    /// `count` guesses are made for each mask.
    public init(_ network: PretrainedNetwork, count: Int) {
        pass = ForwardPass(network)
        tokenizer = WordPieceTokenizer(network.vocabulary, network.rules)
        mask = network.vocabulary.mask
        self.count = min(count, network.vocabulary.count)
    }

    public func fill(_ texts: [[UInt8]]) -> [FilledText] {
        let encoded = texts.map { tokenizer.encodeWithMasks($0, mask: mask) }
        return texts.indices.map { number in
            let text = encoded[number]
            let masked = text.ids.indices.filter { text.ids[$0] == mask }
            var masks: [FilledText.Mask] = []
            // All masks of a short text see each other at once; in a long one each has a window of its own around it.
            let together = text.ids.count <= pass.room ? pass.mostPredicted : 1
            for start in stride(from: 0, to: masked.count, by: together) {
                let group = Array(masked[start..<min(start + together, masked.count)])
                let window = TextWindow.around(group[0], text: number, count: text.ids.count, room: pass.room)
                batchOfOne(text.ids[window.tokens], masked: group)
                for (index, token) in group.enumerated() {
                    masks.append(
                        FilledText.Mask(
                            span: text.spans[token], guesses: guesses(UnsafeBufferPointer(pass.predictedLogits(index))))
                    )
                }
            }
            return FilledText(text: texts[number], ids: text.ids, masks: masks)
        }
    }

    private func batchOfOne(_ tokens: ArraySlice<Int32>, masked: [Int]) {
        pass.reset()
        pass.append(tokens, masked: masked)
        pass.run()
    }

    private func guesses(_ logits: UnsafeBufferPointer<Float>) -> [FilledText.Guess] {
        // A word table with more rows than the vocabulary has pieces: what they stand for nobody knows.
        let best = logits.indices.prefix(pass.network.vocabulary.count).sorted { logits[$0] > logits[$1] }.prefix(count)
        let highest = logits.max() ?? 0
        let sum = logits.reduce(0.0) { $0 + exp(Double($1 - highest)) }
        return best.map {
            FilledText.Guess(
                id: Int32($0), logit: logits[$0], probability: Float(exp(Double(logits[$0] - highest)) / sum))
        }
    }
}
