/// One thread's memory for running a network forward, over a few windows of text at a time.
final class ForwardPass {
    /// Tokens that go through together: enough to keep the matrix products busy, few enough to stay in the cache.
    private static let usualTokens = 512
    /// Masked tokens that go through together; each needs a row of the size of the vocabulary.
    static let mostMasked = 16

    let network: PretrainedNetwork
    let batch: MicroBatch
    private let encoder: Encoder
    private let activations: Encoder.Activations
    private let replacedTokenHead: ReplacedTokenHead.Activations?
    private let maskedTokenHead: MaskedTokenHead.Activations?
    private let capacity: Int
    private let arena = Arena()

    init(_ network: PretrainedNetwork) {
        self.network = network
        // Even, for what follows lays memory out in pairs of tokens.
        let capacity = (max(Self.usualTokens, network.maximumLength) + 1) / 2 * 2
        self.capacity = capacity
        encoder = Encoder(sizes: network.sizes)
        activations = Encoder.Activations(
            network.sizes, tokens: capacity, maximumLength: network.maximumLength, keepsLayers: false, arena: arena)
        // A sequence has at least [CLS] and [SEP].
        batch = MicroBatch(
            maximumSequences: capacity / 2, maximumLength: 2, maximumMaskedPerSequence: 1, arena: arena)
        replacedTokenHead =
            network.parts.replacedTokenHead == nil
            ? nil : ReplacedTokenHead.Activations(network.sizes, tokens: capacity, arena: arena)
        maskedTokenHead =
            network.parts.maskedTokenHead == nil
            ? nil
            : MaskedTokenHead.Activations(
                network.sizes, vocabulary: network.model.vocabulary, masked: Self.mostMasked, arena: arena)
    }

    /// Tokens of a text that fit between [CLS] and [SEP].
    var room: Int { network.maximumLength - 2 }

    func hasRoom(forTokens tokens: Int) -> Bool { batch.tokenCount + tokens + 2 <= capacity }

    /// Adds [CLS] tokens [SEP]; the tokens at `masked`, ascending, are to be predicted. Returns the row of [CLS].
    func append(_ tokens: ArraySlice<Int32>, masked: [Int] = []) -> Int {
        let row = batch.tokenCount
        batch.append(key: batch.sequenceCount) { ids in
            ids[0] = network.vocabulary.classifier
            for (place, id) in tokens.enumerated() { ids[1 + place] = id }
            ids[1 + tokens.count] = network.vocabulary.separator
            return (tokens.count + 2, tokens.count + 2)
        }
        for token in masked {
            batch.choose(row: row + 1 + token - tokens.startIndex, shown: network.vocabulary.mask, uniform: 0)
        }
        return row
    }

    /// Computes what was appended.
    func run() {
        let parts = network.parts
        let isGenerator = parts.maskedTokenHead != nil
        encoder.forward(
            parts.encoder, embeddings: parts.embeddings, activations, ids: isGenerator ? batch.maskedIds : batch.ids,
            batch: batch, dropout: .off(network: 0))
        if let head = parts.replacedTokenHead, let a = replacedTokenHead {
            ReplacedTokenHead.forward(head, a, encoded_TH: activations.last.output_TH, rows: batch.tokenCount)
        }
        if let head = parts.maskedTokenHead, let a = maskedTokenHead {
            MaskedTokenHead.forward(
                head, wordTable: parts.embeddings.word_VE, a, encoded_TH: activations.last.output_TH, batch: batch)
        }
    }

    /// The encoder's output at a row.
    func hidden(_ row: Int) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(
            start: activations.last.output_TH.base + row * network.sizes.hidden, count: network.sizes.hidden)
    }

    /// The discriminator's logit at a row.
    func replacedLogit(_ row: Int) -> Float { replacedTokenHead?.logits_T.base[row] ?? .nan }

    /// The generator's logits for masked token number `index`.
    func maskedLogits(_ index: Int) -> UnsafeBufferPointer<Float> {
        let base = maskedTokenHead.map { $0.logits_MV.base + index * network.model.vocabulary }
        return UnsafeBufferPointer(start: base, count: base == nil ? 0 : network.model.vocabulary)
    }
}
