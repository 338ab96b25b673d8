import CKernels

/// Randomness that is looked up, never drawn: a pure function of (seed, purpose, step, sequence, element).
///
/// Nothing depends on which rank or thread asks, or on what was asked before. That is what makes a run give the same
/// bits on any number of ranks and threads, and after a resume (Philox 4x32-10, see `philox.h`).
package struct RandomStream: Sendable {
    /// What the numbers are for. Streams of different purposes never overlap.
    package enum Purpose: UInt32 {
        case initialWeights = 1
        case epochOrder
        case heldOutSplit
        case packing
        case maskPosition
        case maskKeepsOriginal
        case sampleReplacement
        case maskShowsOther
        /// Every dropout site of the networks adds its own number to this one.
        case dropout = 0x1000
    }

    let key0: UInt32
    let key1: UInt32
    /// Purpose, plus the number of the site within it.
    package let site: UInt32
    package let step: UInt32
    package let sequence: UInt32

    package init(seed: UInt64, _ purpose: Purpose, site: Int = 0, step: Int = 0, sequence: Int = 0) {
        key0 = UInt32(truncatingIfNeeded: seed)
        key1 = UInt32(truncatingIfNeeded: seed >> 32)
        self.site = purpose.rawValue &+ UInt32(truncatingIfNeeded: site)
        self.step = UInt32(truncatingIfNeeded: step)
        self.sequence = UInt32(truncatingIfNeeded: sequence)
    }

    /// 32 uniformly random bits.
    package func bits(_ element: Int) -> UInt32 {
        let block = ck_philox(UInt32(truncatingIfNeeded: element >> 2), sequence, step, site, key0, key1)
        switch element & 3 {
        case 0: return block.word.0
        case 1: return block.word.1
        case 2: return block.word.2
        default: return block.word.3
        }
    }

    /// A uniform number in the open interval (0, 1): never 0 or 1, so a logarithm of it is finite.
    package func uniform(_ element: Int) -> Float {
        (Float(bits(element) >> 9) + 0.5) * 0x1p-23
    }

    /// A uniform integer in 0..<`bound` (by the high half of a product; the bias is at most bound / 2^32).
    package func integer(_ element: Int, below bound: Int) -> Int {
        Int((UInt64(bits(element)) &* UInt64(bound)) >> 32)
    }
}
