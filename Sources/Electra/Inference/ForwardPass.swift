import ElectraCorpus
import ElectraKernels
import ElectraModel

/// One thread's memory for running a network forward, over a few windows of text at a time.
final class ForwardPass {
    /// Tokens that go through together: enough to keep the matrix products busy, few enough to stay in the cache.
    private static let usualTokens = 512
    /// Masked tokens that go through together; each needs a row of the size of the vocabulary.
    static let mostMasked = 16

    let network: PretrainedNetwork
    let batch: SequenceBatch
    /// The rows of tokens that are to be predicted.
    private let maskedRows: UnsafeMutablePointer<Int32>
    private var maskedCount = 0
    private let activations: Tower.Activations
    private let replacedTokenHead: ReplacedTokenHead.Activations?
    private let maskedTokenHead: MaskedTokenHead.Activations?
    private let capacity: Int
    private let arena = Arena()

    init(_ network: PretrainedNetwork) {
        self.network = network
        // Even, for what follows lays memory out in pairs of tokens.
        let capacity = (max(Self.usualTokens, network.maximumLength) + 1) / 2 * 2
        self.capacity = capacity
        let sizes = network.tower.sizes
        activations = Tower.Activations(
            sizes, tokens: capacity, maximumLength: network.maximumLength, keepsLayers: false, arena: arena)
        // A sequence has at least [CLS] and [SEP].
        batch = SequenceBatch(maximumSequences: capacity / 2, maximumLength: 2, arena: arena)
        maskedRows = arena.array(of: Int32.self, count: Self.mostMasked)
        replacedTokenHead =
            network.parts.replacedTokenHead == nil
            ? nil : ReplacedTokenHead.Activations(sizes, tokens: capacity, arena: arena)
        maskedTokenHead =
            network.parts.maskedTokenHead == nil
            ? nil
            : MaskedTokenHead.Activations(network.tower, masked: Self.mostMasked, arena: arena)
    }

    /// Tokens of a text that fit between [CLS] and [SEP].
    var room: Int { network.maximumLength - 2 }

    func hasRoom(forTokens tokens: Int) -> Bool { batch.tokenCount + tokens + 2 <= capacity }

    func reset() {
        batch.reset()
        maskedCount = 0
    }

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
            let place = row + 1 + token - tokens.startIndex
            batch.ids[place] = network.vocabulary.mask
            maskedRows[maskedCount] = Int32(place)
            maskedCount += 1
        }
        return row
    }

    /// Computes what was appended.
    func run() {
        let parts = network.parts
        network.tower.forward(parts.tower, activations, ids: batch.ids, batch: batch, dropout: .off(network: 0))
        if let head = parts.replacedTokenHead, let a = replacedTokenHead {
            ReplacedTokenHead.forward(head, a, encoded_TH: activations.last.output_TH, rows: batch.tokenCount)
        }
        if let head = parts.maskedTokenHead, let a = maskedTokenHead {
            MaskedTokenHead.forward(
                head, wordTable: parts.tower.embeddings.word_VE, a, encoded_TH: activations.last.output_TH,
                at: MaskedTokenHead.ChosenRows(rows: maskedRows, count: maskedCount))
        }
    }

    /// The encoder's output at a row.
    func hidden(_ row: Int) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(
            start: activations.last.output_TH.base + row * network.tower.sizes.hidden, count: network.tower.sizes.hidden
        )
    }

    /// The discriminator's logit at a row.
    func replacedLogit(_ row: Int) -> Float { replacedTokenHead?.logits_T.base[row] ?? .nan }

    /// The generator's logits for masked token number `index`.
    func maskedLogits(_ index: Int) -> UnsafeBufferPointer<Float> {
        let base = maskedTokenHead.map { $0.logits_MV.base + index * network.tower.rows.vocabulary }
        return UnsafeBufferPointer(start: base, count: base == nil ? 0 : network.tower.rows.vocabulary)
    }
}
