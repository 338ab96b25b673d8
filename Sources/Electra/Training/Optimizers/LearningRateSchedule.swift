/// The reference's schedule (docs/algorithm.md 8): linear warm-up *times* linear decay to zero, from the number of updates
/// already made, so that the first update has rate 0 and only fills the moments.
///
///     rate(t) = peak (1 - min(t, T) / T) min(1, t / warm-up)
package struct LearningRateSchedule: Sendable, Equatable {
    package var peak: Double
    package var warmup: Int
    package var steps: Int

    package init(peak: Double, warmup: Int, steps: Int) {
        self.peak = peak
        self.warmup = warmup
        self.steps = steps
    }

    package func rate(at step: Int) -> Double {
        let decay = 1 - Double(min(step, steps)) / Double(max(steps, 1))
        let warming = warmup > 0 ? min(1, Double(step) / Double(warmup)) : 1
        return peak * decay * warming
    }

    /// The highest rate of all steps: at the end of the warm-up, or, where that is longer than half of the run, in the
    /// middle of the run.
    package var highestRate: Double {
        let step = min(warmup, steps / 2)
        return max(rate(at: step), rate(at: min(step + 1, max(steps - 1, 0))))
    }
}
