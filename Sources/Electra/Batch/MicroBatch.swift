/// A few sequences laid end to end without padding, small enough that their activations stay near the processor, with
/// everything about them that the two networks need: the original tokens, what was masked, and what was put in place.
///
/// Memory is laid out once, for `maximumSequences` full sequences; `reset` and `append` fill it again and again.
final class MicroBatch {
    let maximumTokens: Int
    let maximumMasked: Int

    private(set) var sequenceCount = 0
    private(set) var tokenCount = 0
    private(set) var maskedCount = 0

    /// Of each token: the original id, its place in its sequence, its segment (0 or 1).
    let ids: UnsafeMutablePointer<Int32>
    let positions: UnsafeMutablePointer<Int32>
    let segments: UnsafeMutablePointer<Int32>
    /// What the generator sees: 85 % of the chosen positions are [MASK].
    let maskedIds: UnsafeMutablePointer<Int32>
    /// What the discriminator sees: the generator's samples at the chosen positions; and where they differ from `ids`.
    let corruptedIds: UnsafeMutablePointer<Int32>
    let isReplaced: UnsafeMutablePointer<Bool>

    /// The chosen positions, ascending: the row of the token in this micro-batch, and the uniform number that draws
    /// its replacement. A row stands here twice where positions were drawn with replacement.
    let maskedRows: UnsafeMutablePointer<Int32>
    let maskedUniforms: UnsafeMutablePointer<Float>
    private let samples: UnsafeMutablePointer<Int32>

    private let starts: UnsafeMutablePointer<Int32>
    private let keys: UnsafeMutablePointer<Int32>

    init(maximumSequences: Int, maximumLength: Int, maximumMaskedPerSequence: Int, arena: Arena) {
        maximumTokens = maximumSequences * maximumLength
        maximumMasked = maximumSequences * maximumMaskedPerSequence
        ids = arena.array(of: Int32.self, count: maximumTokens)
        positions = arena.array(of: Int32.self, count: maximumTokens)
        segments = arena.array(of: Int32.self, count: maximumTokens)
        maskedIds = arena.array(of: Int32.self, count: maximumTokens)
        corruptedIds = arena.array(of: Int32.self, count: maximumTokens)
        isReplaced = arena.array(of: Bool.self, count: maximumTokens)
        maskedRows = arena.array(of: Int32.self, count: maximumMasked)
        maskedUniforms = arena.array(of: Float.self, count: maximumMasked)
        samples = arena.array(of: Int32.self, count: maximumMasked)
        starts = arena.array(of: Int32.self, count: maximumSequences + 1)
        keys = arena.array(of: Int32.self, count: maximumSequences)
    }

    /// The first row of a sequence.
    func start(of sequence: Int) -> Int { Int(starts[sequence]) }
    func length(of sequence: Int) -> Int { Int(starts[sequence + 1] - starts[sequence]) }
    /// The key of a sequence's random numbers: its place in the global batch, or in an evaluation its number.
    func sequenceKey(of sequence: Int) -> Int { Int(keys[sequence]) }

    func reset() {
        sequenceCount = 0
        tokenCount = 0
        maskedCount = 0
    }

    /// Adds a sequence, unmasked. `write` fills in its ids and says its length and that of its first segment
    /// (with [CLS] and the first [SEP]); where it throws, nothing is added.
    func append<Problem: Error>(
        key: Int, write: (UnsafeMutablePointer<Int32>) throws(Problem) -> (length: Int, firstSegmentLength: Int)
    ) throws(Problem) {
        let start = tokenCount
        let (length, firstSegmentLength) = try write(ids + start)
        for place in 0..<length {
            positions[start + place] = Int32(place)
            segments[start + place] = place < firstSegmentLength ? 0 : 1
            maskedIds[start + place] = ids[start + place]
            corruptedIds[start + place] = ids[start + place]
            isReplaced[start + place] = false
        }
        keys[sequenceCount] = Int32(truncatingIfNeeded: key)
        sequenceCount += 1
        tokenCount += length
        starts[sequenceCount] = Int32(tokenCount)
    }

    /// Chooses a position of the sequence appended last, in ascending order. The generator sees `shown` there.
    func choose(row: Int, shown: Int32, uniform: Float) {
        maskedIds[row] = shown
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
        isReplaced[Int(row)] = corruptedIds[Int(row)] != ids[Int(row)]
    }
}
