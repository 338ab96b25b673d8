import ElectraKernels
import ElectraModel
import ElectraTraining

/// A micro-batch of pre-training: the sequences, which of their tokens are to be guessed, and what was put in their places.
package final class MaskedBatch: TaskBatch {
    /// With the original tokens.
    let sequences: SequenceBatch
    let maximumMasked: Int
    private(set) var maskedCount = 0

    /// What the generator sees: 85 % of the chosen positions are [MASK].
    let maskedIds: UnsafeMutablePointer<Int32>
    /// What the discriminator sees: the generator's samples at the chosen positions; and where they differ from the text.
    let corruptedIds: UnsafeMutablePointer<Int32>
    let isReplaced: UnsafeMutablePointer<Bool>
    let isChosen: UnsafeMutablePointer<Bool>

    /// The chosen positions, ascending: the row of the token in this micro-batch, and the uniform number that draws
    /// its replacement. A row stands here twice where positions were drawn with replacement.
    let maskedRows: UnsafeMutablePointer<Int32>
    let maskedUniforms: UnsafeMutablePointer<Float>
    private let samples: UnsafeMutablePointer<Int32>
    /// Of `Masking`.
    let scratch: UnsafeMutablePointer<Int32>

    init(maximumSequences: Int, maximumLength: Int, maximumMaskedPerSequence: Int, arena: Arena) {
        sequences = SequenceBatch(maximumSequences: maximumSequences, maximumLength: maximumLength, arena: arena)
        maximumMasked = maximumSequences * maximumMaskedPerSequence
        maskedIds = arena.array(of: Int32.self, count: sequences.maximumTokens)
        corruptedIds = arena.array(of: Int32.self, count: sequences.maximumTokens)
        isReplaced = arena.array(of: Bool.self, count: sequences.maximumTokens)
        isChosen = arena.array(of: Bool.self, count: sequences.maximumTokens)
        maskedRows = arena.array(of: Int32.self, count: maximumMasked)
        maskedUniforms = arena.array(of: Float.self, count: maximumMasked)
        samples = arena.array(of: Int32.self, count: maximumMasked)
        scratch = arena.array(of: Int32.self, count: Masking.scratchCount(maximumLength: maximumLength))
    }

    func reset() {
        sequences.reset()
        maskedCount = 0
    }

    /// Adds a sequence, unmasked; see `SequenceBatch.append`.
    func append<Problem: Error>(
        key: Int, write: (UnsafeMutablePointer<Int32>) throws(Problem) -> (length: Int, firstSegmentLength: Int)
    ) throws(Problem) {
        try sequences.append(key: key, write: write)
        for row in sequences.rows(of: sequences.sequenceCount - 1) {
            maskedIds[row] = sequences.ids[row]
            corruptedIds[row] = sequences.ids[row]
            isReplaced[row] = false
            isChosen[row] = false
        }
    }

    var chosenRows: MaskedTokenHead.ChosenRows {
        MaskedTokenHead.ChosenRows(rows: UnsafePointer(maskedRows), count: maskedCount)
    }

    /// What stands at the chosen position number `index` in the text.
    func original(masked index: Int) -> Int32 { sequences.ids[Int(maskedRows[index])] }

    /// Chooses a position of the sequence appended last, in ascending order. The generator sees `shown` there.
    func choose(row: Int, shown: Int32, uniform: Float) {
        maskedIds[row] = shown
        isChosen[row] = true
        maskedRows[maskedCount] = Int32(row)
        maskedUniforms[maskedCount] = uniform
        maskedCount += 1
    }

    /// Puts a sampled token where the chosen position number `index` is. A right guess counts as original. Of several
    /// samples for one position the mean of their ids stays: the reference's quirk (docs/algorithm.md 4).
    func replace(masked index: Int, with token: Int32) {
        samples[index] = token
        let row = maskedRows[index]
        var (sum, count, other) = (Int(token), 1, index - 1)
        while other >= 0 && maskedRows[other] == row {
            sum += Int(samples[other])
            count += 1
            other -= 1
        }
        corruptedIds[Int(row)] = Int32(sum / count)
        isReplaced[Int(row)] = corruptedIds[Int(row)] != sequences.ids[Int(row)]
    }
}
