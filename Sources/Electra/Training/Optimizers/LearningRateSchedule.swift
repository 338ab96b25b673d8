import ElectraSupport
import Foundation

/// The reference's schedule (docs/algorithm.md 8): linear warm-up *times* linear decay to zero, from the number of updates
/// already made, so that the first update has rate 0 and only fills the moments.
///
///     rate(t) = peak (1 - min(t, T) / T) min(1, t / warm-up)
package struct LearningRateSchedule: Sendable, Equatable {
    package var peak = 5e-4
    package var warmup = 10_000
    /// The warm-up as a share of the steps, where it was asked for as such: `warmup` follows from it.
    package var warmupShare: Double?
    package var steps = 1_000_000

    package static let fields: [ConfigurationField<Self>] = [
        .init("learning_rate", \.peak, .notNegative, "peak of the schedule"),
        .init(
            "warmup", \.warmup, share: \.warmupShare, 0...1 << 30,
            "steps until the peak; may be given as a share of the steps, 5%"),
        .init("steps", \.steps, 1...1 << 30, "steps until the learning rate is zero and the run ends"),
    ]

    package init() {}

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

    /// What a warm-up that was given as a share of the steps is in steps. A share is never rounded to none.
    package mutating func resolveWarmup() {
        guard let warmupShare else { return }
        let count = Int(exactly: (warmupShare * Double(steps)).rounded()) ?? steps
        warmup = warmupShare > 0 ? max(1, count) : 0
    }

    /// A warm-up that leaves the learning rate far below what was asked for, as a preset's does in a short run.
    package var noteOnWarmup: String? {
        // A run of one step is made to hold what it started from.
        guard steps > 1, highestRate < 0.75 * peak else { return nil }
        return
            "note: a warm-up of \(warmup) steps in a run of \(steps): the learning rate gets to \(Self.short(highestRate)) at most, "
            + "not to \(Self.short(peak)); start with --warmup 5%, a share of the steps, or with more steps"
    }

    /// Two digits are enough for a rate.
    private static func short(_ rate: Double) -> String { String(format: "%.2g", rate) }
}
