/// The reference's schedule (docs/algorithm.md 8): linear warm-up *times* linear decay to zero, from the number of updates
/// already made, so that the first update has rate 0 and only fills the moments.
///
///     rate(t) = peak (1 - min(t, T) / T) min(1, t / warm-up)
struct LearningRateSchedule: Sendable, Equatable {
    var peak: Double
    var warmup: Int
    var steps: Int

    func rate(at step: Int) -> Double {
        let decay = 1 - Double(min(step, steps)) / Double(max(steps, 1))
        let warming = warmup > 0 ? min(1, Double(step) / Double(warmup)) : 1
        return peak * decay * warming
    }

    /// The highest rate of all steps: at the end of the warm-up, or, where that is longer than half of the run, in the
    /// middle of the run.
    var highestRate: Double {
        let step = min(warmup, steps / 2)
        return max(rate(at: step), rate(at: min(step + 1, max(steps - 1, 0))))
    }
}
