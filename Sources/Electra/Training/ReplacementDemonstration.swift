/// What the discriminator is for, to look at: in held-out sentences one word is replaced by one that the generator finds
/// likely there, and the discriminator points at the word that it finds most suspicious.
public struct ReplacementDemonstration {
    public struct Example: Sendable {
        public struct Word: Sendable {
            public let text: String
            public let isReplaced: Bool
            public let isMarked: Bool
        }

        public let words: [Word]
        /// What stood there.
        public let original: String
        public let isFound: Bool
    }

    let networks: Networks
    let parameters: ElectraParameters
    let data: DataSet
    let seed: UInt64

    private static let longestSentence = 28

    /// One example from each of the first held-out sequences that have a sentence with a whole word to replace.
    func examples(most: Int) -> [Example] {
        let arena = Arena()
        let batch = MicroBatch(
            maximumSequences: 1, maximumLength: data.manifest.maxLength, maximumMaskedPerSequence: 1, arena: arena)
        let activations = JointPass.Activations(
            networks.model, tokens: batch.maximumTokens, masked: 1, maximumLength: data.manifest.maxLength,
            arena: arena)
        let counts = arena.array(of: Int64.self, count: MetricCounts.size)
        var examples: [Example] = []
        for index in 0..<data.heldOut.count where examples.count < most {
            guard let sentence = sentence(of: data.heldOut.sequence(index).ids) else { continue }
            let places = wholeWords(sentence)
            guard !places.isEmpty else { continue }
            let random = RandomStream(seed: seed, .sampleReplacement, sequence: index)
            let place = places[random.integer(0, below: places.count)]
            batch.reset()
            batch.append(key: index) { ids in
                for (position, id) in sentence.enumerated() { ids[position] = id }
                return (sentence.count, sentence.count)
            }
            batch.choose(row: place, shown: data.vocabulary.mask, uniform: random.uniform(1))
            examples.append(example(batch, activations, counts: counts, place: place))
        }
        return examples
    }

    private func example(
        _ batch: MicroBatch, _ activations: JointPass.Activations, counts: UnsafeMutablePointer<Int64>, place: Int
    ) -> Example {
        var options = networks.options
        options.disallowsCorrect = true
        let pass = JointPass(
            networks: Networks(networks.model, options: options, hiddenDropout: 0, attentionDropout: 0),
            parameters: parameters, activations: activations, batch: batch, dropout: .off,
            counts: GlobalCounts(maskedTokens: 1, tokens: batch.tokenCount))
        var sums = ObjectiveSums(counts: counts)
        pass.replaceMaskedTokens(adding: &sums)
        networks.discriminator.forward(
            parameters.discriminator, embeddings: parameters.embeddings, activations.discriminator, batch: batch,
            dropout: .off(network: 1))
        let logits = activations.discriminator.head.logits_T.base
        // [CLS] and [SEP] are no words.
        let marked = (1..<batch.tokenCount - 1).max { logits[$0] < logits[$1] } ?? place
        let words = (1..<batch.tokenCount - 1).map {
            Example.Word(
                text: data.vocabulary[batch.corruptedIds[$0]], isReplaced: $0 == place, isMarked: $0 == marked)
        }
        return Example(words: words, original: data.vocabulary[batch.ids[place]], isFound: marked == place)
    }

    /// [CLS], the first sentence that is neither short nor long, [SEP].
    private func sentence(of ids: [Int32]) -> [Int32]? {
        var current: [Int32] = []
        for id in ids {
            let piece = data.vocabulary[id]
            if id == data.vocabulary.classifier || id == data.vocabulary.separator {
                current = []
                continue
            }
            current.append(id)
            guard piece == "." else { continue }
            if current.count >= 8 && current.count <= Self.longestSentence {
                return [data.vocabulary.classifier] + current + [data.vocabulary.separator]
            }
            current = []
        }
        return nil
    }

    /// Places of words of one piece, of three letters or more.
    private func wholeWords(_ sentence: [Int32]) -> [Int] {
        (1..<sentence.count - 1).filter { place in
            let piece = data.vocabulary[sentence[place]]
            let next = data.vocabulary[sentence[place + 1]]
            return piece.count >= 3 && piece.allSatisfy(\.isLetter) && !next.hasPrefix("##")
        }
    }
}
