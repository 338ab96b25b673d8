/// A few sequences laid end to end without padding, small enough that their activations stay near the processor: what an
/// encoder and its kernels read. What a task adds to them (masks, samples, labels) stands beside it.
///
/// Memory is laid out once, for `maximumSequences` full sequences; `reset` and `append` fill it again and again.
package final class SequenceBatch {
    package let maximumTokens: Int

    package private(set) var sequenceCount = 0
    package private(set) var tokenCount = 0

    /// Of each token: its id in the text, its place in its sequence, its segment (0 or 1).
    package let ids: UnsafeMutablePointer<Int32>
    package let positions: UnsafeMutablePointer<Int32>
    let segments: UnsafeMutablePointer<Int32>

    private let starts: UnsafeMutablePointer<Int32>
    private let keys: UnsafeMutablePointer<Int32>

    package init(maximumSequences: Int, maximumLength: Int, arena: Arena) {
        maximumTokens = maximumSequences * maximumLength
        ids = arena.array(of: Int32.self, count: maximumTokens)
        positions = arena.array(of: Int32.self, count: maximumTokens)
        segments = arena.array(of: Int32.self, count: maximumTokens)
        starts = arena.array(of: Int32.self, count: maximumSequences + 1)
        keys = arena.array(of: Int32.self, count: maximumSequences)
    }

    /// The first row of a sequence.
    package func start(of sequence: Int) -> Int { Int(starts[sequence]) }
    package func length(of sequence: Int) -> Int { Int(starts[sequence + 1] - starts[sequence]) }
    /// The rows of a sequence.
    package func rows(of sequence: Int) -> Range<Int> {
        start(of: sequence)..<start(of: sequence) + length(of: sequence)
    }
    /// The key of a sequence's random numbers: its place in the global batch, or in an evaluation its number.
    package func sequenceKey(of sequence: Int) -> Int { Int(keys[sequence]) }

    package func reset() {
        sequenceCount = 0
        tokenCount = 0
    }

    /// Adds a sequence. `write` fills in its ids and says its length and that of its first segment (with [CLS] and the
    /// first [SEP]); where it throws, nothing is added.
    package func append<Problem: Error>(
        key: Int, write: (UnsafeMutablePointer<Int32>) throws(Problem) -> (length: Int, firstSegmentLength: Int)
    ) throws(Problem) {
        let start = tokenCount
        let (length, firstSegmentLength) = try write(ids + start)
        for place in 0..<length {
            positions[start + place] = Int32(place)
            segments[start + place] = place < firstSegmentLength ? 0 : 1
        }
        keys[sequenceCount] = Int32(truncatingIfNeeded: key)
        sequenceCount += 1
        tokenCount += length
        starts[sequenceCount] = Int32(tokenCount)
    }
}
