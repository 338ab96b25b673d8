import ElectraCorpus
import ElectraKernels
import ElectraModel

/// One thread's memory for running a network forward, over a few windows of text at a time.
final class ForwardPass {
    /// Tokens that go through together: enough to keep the matrix products busy, few enough to stay in the cache.
    private static let usualTokens = 512

    /// Tokens that are predicted together; each needs a row of the size of the vocabulary.
    let mostPredicted: Int
    let network: PretrainedNetwork
    let batch: SequenceBatch
    /// The rows of tokens that are to be predicted.
    private let predictedRows: UnsafeMutablePointer<Int32>
    private var predictedCount = 0
    private let activations: Tower.Activations
    private let replacedTokenHead: ReplacedTokenHead.Activations?
    private let maskedTokenHead: MaskedTokenHead.Activations?
    private let capacity: Int
    private let arena = Arena()

    init(_ network: PretrainedNetwork, mostPredicted: Int = 16) {
        self.network = network
        self.mostPredicted = mostPredicted
        // Even, for what follows lays memory out in pairs of tokens.
        let capacity = (max(Self.usualTokens, network.maximumLength) + 1) / 2 * 2
        self.capacity = capacity
        let sizes = network.tower.sizes
        activations = Tower.Activations(
            sizes, tokens: capacity, maximumLength: network.maximumLength, keepsLayers: false, arena: arena)
        // A sequence has at least [CLS] and [SEP].
        batch = SequenceBatch(maximumSequences: capacity / 2, maximumLength: 2, arena: arena)
        predictedRows = arena.array(of: Int32.self, count: mostPredicted)
        replacedTokenHead =
            network.parts.replacedTokenHead == nil
            ? nil : ReplacedTokenHead.Activations(sizes, tokens: capacity, arena: arena)
        maskedTokenHead =
            network.parts.maskedTokenHead == nil
            ? nil
            : MaskedTokenHead.Activations(network.tower, masked: mostPredicted, arena: arena)
    }

    /// Tokens of a text that fit between [CLS] and [SEP].
    var room: Int { network.maximumLength - 2 }

    func hasRoom(forTokens tokens: Int, predicted: Int = 0) -> Bool {
        batch.tokenCount + tokens + 2 <= capacity && predictedCount + predicted <= mostPredicted
    }

    func reset() {
        batch.reset()
        predictedCount = 0
    }

    /// Adds [CLS] tokens [SEP]. The tokens at `masked` are hidden; those at `predicted`, ascending, are to be predicted: all
    /// that are hidden, if not given. Returns the row of [CLS].
    @discardableResult
    func append(_ tokens: ArraySlice<Int32>, masked: [Int] = [], predicted: [Int]? = nil) -> Int {
        let row = batch.tokenCount
        batch.append(key: batch.sequenceCount) { ids in
            ids[0] = network.vocabulary.classifier
            for (place, id) in tokens.enumerated() { ids[1 + place] = id }
            ids[1 + tokens.count] = network.vocabulary.separator
            return (tokens.count + 2, tokens.count + 2)
        }
        let first = row + 1 - tokens.startIndex
        for token in masked { batch.ids[first + token] = network.vocabulary.mask }
        for token in predicted ?? masked {
            predictedRows[predictedCount] = Int32(first + token)
            predictedCount += 1
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
                at: MaskedTokenHead.ChosenRows(rows: predictedRows, count: predictedCount))
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

    /// The generator's logits for predicted token number `index`.
    func predictedLogits(_ index: Int) -> UnsafeMutableBufferPointer<Float> {
        let base = maskedTokenHead.map { $0.logits_MV.base + index * network.tower.rows.vocabulary }
        return UnsafeMutableBufferPointer(start: base, count: base == nil ? 0 : network.tower.rows.vocabulary)
    }

    /// How likely the generator finds `id` at predicted token number `index`: log softmax(logits)[id]. Uses up its logits.
    func logProbability(of id: Int32, _ index: Int) -> Double {
        let logits = predictedLogits(index)
        guard let row = logits.baseAddress else { return .nan }
        let prediction = VocabularySoftmax.prediction(row: row, count: logits.count)
        return -VocabularySoftmax.crossEntropy(
            row: row, count: logits.count, prediction: prediction, target: id, gradientScale: 0)
    }
}
