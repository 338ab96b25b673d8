/// Chooses the positions to mask, anew each time a sequence is seen (ELECTRA.md 1.4), but without replacement: the
/// reference draws with replacement and loses about 7 % of its positions to duplicates.
///
/// n = max(1, min(N, round(length x probability))) positions among the tokens that are not special; each shows [MASK]
/// with probability 0.85 and else stays as it is.
struct Masking: Sendable {
    let probability: Double
    let maximumPerSequence: Int
    let maskToken: Int32
    /// [CLS], [SEP] and [MASK] are never chosen; [UNK] and word pieces are.
    let neverMasked: (Int32, Int32, Int32)
    let showsMaskProbability: Float = 0.85

    /// The reference's N for sequences of up to `maximumLength` tokens (configure_pretraining.py:106).
    static func maximumPerSequence(probability: Double, maximumLength: Int) -> Int {
        max(1, Int((probability + 0.005) * Double(maximumLength)))
    }

    init(probability: Double, maximumLength: Int, cls: Int32, sep: Int32, mask: Int32) {
        self.probability = probability
        maximumPerSequence = Self.maximumPerSequence(probability: probability, maximumLength: maximumLength)
        maskToken = mask
        neverMasked = (cls, sep, mask)
    }

    /// Masks the sequence that was appended last. `scratch` has room for one sequence.
    func mask(
        lastOf batch: MicroBatch, seed: UInt64, step: Int, scratch: UnsafeMutablePointer<Int32>
    ) {
        let sequence = batch.sequenceCount - 1
        let start = batch.start(of: sequence)
        let length = batch.length(of: sequence)
        let key = batch.sequenceKey(of: sequence)

        var candidates = 0
        for row in start..<start + length where mayBeMasked(batch.ids[row]) {
            scratch[candidates] = Int32(row)
            candidates += 1
        }
        let wanted = Int((Double(length) * probability).rounded(.toNearestOrEven))
        let chosen = min(candidates, max(1, min(maximumPerSequence, wanted)))

        // The first `chosen` places of a Fisher-Yates shuffle, then in ascending order (insertion: they are few).
        let draws = RandomStream(seed: seed, .maskPosition, step: step, sequence: key)
        for place in 0..<chosen {
            let other = place + draws.integer(place, below: candidates - place)
            (scratch[place], scratch[other]) = (scratch[other], scratch[place])
            var slot = place
            while slot > 0 && scratch[slot - 1] > scratch[slot] {
                (scratch[slot - 1], scratch[slot]) = (scratch[slot], scratch[slot - 1])
                slot -= 1
            }
        }

        let keeps = RandomStream(seed: seed, .maskKeepsOriginal, step: step, sequence: key)
        let samples = RandomStream(seed: seed, .sampleReplacement, step: step, sequence: key)
        for place in 0..<chosen {
            let row = Int(scratch[place])
            let showsMask = keeps.uniform(row - start) < showsMaskProbability
            batch.choose(
                row: row, shown: showsMask ? maskToken : batch.ids[row], uniform: samples.uniform(row - start))
        }
    }

    private func mayBeMasked(_ id: Int32) -> Bool {
        id != neverMasked.0 && id != neverMasked.1 && id != neverMasked.2
    }
}
