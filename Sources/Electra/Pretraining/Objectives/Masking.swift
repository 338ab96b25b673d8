import ElectraKernels
package import ElectraTraining

/// Which positions are masked.
package struct MaskingOptions: Sendable, Equatable {
    package var probability = 0.15
    /// At the last step; 0 for no change.
    package var probabilityAtEnd = 0.0
    package var withReplacement = false
    package var wholeWords = false
    package var shown = ShownTokens.electra

    package static let fields: [ConfigurationField<Self>] = [
        .init(
            "mask_probability", \.probability, Limits("between 0 and 1") { $0 > 0 && $0 < 1 },
            "share of the tokens that the generator has to guess"),
        .init(
            "mask_probability_end", \.probabilityAtEnd, Limits("0, or between 0 and 1") { $0 >= 0 && $0 < 1 },
            "what that share changes to, evenly, until the last step; 0 for no change"),
        .init(
            "whole_word_masks", \.wholeWords, "mask all pieces of a word, or none"),
        .init(
            "mask_with_replacement", \.withReplacement,
            "draw masked positions as the reference does, duplicates and all"),
        .init(
            "masked_shown", \.shown,
            "what the network sees of 100 masked tokens: 85/15, [MASK] or the token itself; 80/10/10, [MASK], a random or the "
                + "token itself, with objective mlm"),
    ]
}

/// What stands in the text in the place of a token that is to be guessed.
package enum ShownTokens: String, CaseIterable, Sendable {
    /// [MASK], or the token itself (google-research/electra, pretrain/pretrain_helpers.py:206).
    case electra = "85/15"
    /// [MASK], a token drawn from the vocabulary, or the token itself (J. Devlin et al., "BERT", 2019, section 3.1).
    case bert = "80/10/10"

    /// Of the uniform numbers from 0 to 1, those below show [MASK], and those below the other a random token.
    var shares: (mask: Float, random: Float) {
        switch self {
        case .electra: (0.85, 0.85)
        case .bert: (0.8, 0.9)
        }
    }
}

/// Chooses the positions to mask, anew each time a sequence is seen (google-research/electra,
/// pretrain/pretrain_helpers.py:130-213), but without replacement. The reference draws with replacement: about 7 % of
/// its positions are duplicates, for which it mixes two samples into an arbitrary token. It can be had, to compare.
///
/// n = max(1, min(N, round(length x probability))) positions among the tokens that are not special; of whole words, as many
/// as fit into that.
package struct Masking: Sendable {
    let options: MaskingOptions
    /// Of a sequence, in tokens.
    let maximumLength: Int
    let maximumPerSequence: Int
    let maskToken: Int32
    private let vocabularySize: Int
    /// Of each entry of the vocabulary, whether it goes on with a word; empty where nobody asks.
    let continuesWord: [Bool]
    /// Of the run.
    private let steps: Int
    /// [CLS], [SEP] and [MASK] are never chosen; [UNK] and word pieces are.
    let neverMasked: (Int32, Int32, Int32)

    /// The reference's N for sequences of up to `maximumLength` tokens (configure_pretraining.py:106).
    static func maximumPerSequence(probability: Double, maximumLength: Int) -> Int {
        max(1, Int((probability + 0.005) * Double(maximumLength)))
    }

    init(
        _ options: MaskingOptions, maximumLength: Int, vocabularySize: Int, continuesWord: [Bool] = [], steps: Int = 1,
        cls: Int32, sep: Int32, mask: Int32
    ) {
        self.options = options
        self.maximumLength = maximumLength
        maximumPerSequence = Self.maximumPerSequence(
            probability: max(options.probability, options.probabilityAtEnd), maximumLength: maximumLength)
        maskToken = mask
        self.vocabularySize = vocabularySize
        self.continuesWord = continuesWord
        self.steps = steps
        neverMasked = (cls, sep, mask)
    }

    /// What `MaskedBatch.scratch` has room for: candidates, and those chosen.
    static func scratchCount(maximumLength: Int) -> Int { 2 * maximumLength }

    /// Masks the sequence that was appended last.
    func mask(lastOf batch: MaskedBatch, seed: UInt64, step: Int) {
        let scratch = batch.scratch
        let sequences = batch.sequences
        let sequence = sequences.sequenceCount - 1
        let length = sequences.length(of: sequence)
        let key = sequences.sequenceKey(of: sequence)

        var candidates = 0
        for row in sequences.rows(of: sequence) where mayBeMasked(sequences.ids[row]) {
            scratch[candidates] = Int32(row)
            candidates += 1
        }
        let wanted = Int((Double(length) * probability(at: step)).rounded(.toNearestOrEven))
        let most = min(candidates, max(1, min(maximumPerSequence, wanted)))
        let rows = scratch + length
        let draws = RandomStream(seed: seed, .maskPosition, step: step, sequence: key)
        let chosen =
            options.wholeWords
            ? chooseWords(most, of: candidates, scratch, ids: sequences.ids, into: rows, draws: draws)
            : choose(most, of: candidates, scratch, into: rows, draws: draws)

        let shares = options.shown.shares
        let shows = RandomStream(seed: seed, .maskKeepsOriginal, step: step, sequence: key)
        let others = RandomStream(seed: seed, .maskShowsOther, step: step, sequence: key)
        let samples = RandomStream(seed: seed, .sampleReplacement, step: step, sequence: key)
        for place in 0..<chosen {
            let row = Int(rows[place])
            let shown =
                switch shows.uniform(place) {
                case ..<shares.mask: maskToken
                case ..<shares.random: Int32(others.integer(place, below: vocabularySize))
                default: batch.maskedIds[row]
                }
            batch.choose(row: row, shown: shown, uniform: samples.uniform(place))
        }
    }

    private func probability(at step: Int) -> Double {
        guard options.probabilityAtEnd > 0 else { return options.probability }
        let share = Double(min(step, steps)) / Double(max(steps, 1))
        return options.probability + share * (options.probabilityAtEnd - options.probability)
    }

    /// Draws rows out of the candidates, in ascending order; returns how many. Without replacement these are
    /// the first places of a Fisher-Yates shuffle.
    private func choose(
        _ count: Int, of candidates: Int, _ candidate: UnsafeMutablePointer<Int32>,
        into rows: UnsafeMutablePointer<Int32>, draws: RandomStream
    ) -> Int {
        for place in 0..<count {
            let first = options.withReplacement ? 0 : place
            let drawn = first + draws.integer(place, below: candidates - first)
            Self.insert(candidate[drawn], into: rows, count: place)
            if !options.withReplacement { (candidate[place], candidate[drawn]) = (candidate[drawn], candidate[place]) }
        }
        return count
    }

    /// They are few, and stay in ascending order.
    static func insert(_ row: Int32, into rows: UnsafeMutablePointer<Int32>, count: Int) {
        var slot = count
        while slot > 0 && rows[slot - 1] > row {
            rows[slot] = rows[slot - 1]
            slot -= 1
        }
        rows[slot] = row
    }

    func mayBeMasked(_ id: Int32) -> Bool {
        id != neverMasked.0 && id != neverMasked.1 && id != neverMasked.2
    }
}
