import ElectraSupport
import Foundation

/// Warm-up *times* decay, from the number of updates already made, so that the first update of a warm-up has rate 0 and only fills
/// the moments. The reference's is the linear one, with power 1 (docs/algorithm.md 8).
///
///     rate(t) = peak decay(t) min(1, t / warm-up)
///
///     linear                 decay = (1 - min(t, T) / T)^power
///     cosine                 decay = (1 + cos(pi min(t, T) / T)) / 2
///     constant               decay = 1
///     warmup_stable_decay    decay = 1, and ((T - t) / D)^power in the last D steps (S. Hu et al., "MiniCPM", 2024)
package struct LearningRateSchedule: Sendable, Equatable {
    package var peak = 5e-4
    package var warmup = 10_000
    /// The warm-up as a share of the steps, where it was asked for as such: `warmup` follows from it.
    package var warmupShare: Double?
    package var steps = 1_000_000
    package var form = ScheduleForm.linear
    package var power = 1.0
    package var decaySteps = 0
    /// As of the warm-up.
    package var decayShare: Double?

    package static let fields: [ConfigurationField<Self>] = [
        .init("learning_rate", \.peak, .notNegative, "peak of the schedule"),
        .init(
            "warmup", \.warmup, share: \.warmupShare, 0...1 << 30,
            "steps until the peak; may be given as a share of the steps, 5%"),
        .init("steps", \.steps, 1...1 << 30, "steps until the learning rate is zero and the run ends"),
        .init(
            "schedule", \.form,
            "how the rate falls from its peak: linear, cosine, constant, or warmup_stable_decay: in the last decay_steps only"
        ),
        .init("decay_power", \.power, .positive, "of schedules linear and warmup_stable_decay: 1 is a straight line"),
        .init(
            "decay_steps", \.decaySteps, share: \.decayShare, 0...1 << 30,
            "of warmup_stable_decay: steps in which the rate falls to zero, or a share, 10%; 0 for a run whose end is not known yet"
        ),
    ]

    package init() {}

    package init(peak: Double, warmup: Int, steps: Int) {
        self.peak = peak
        self.warmup = warmup
        self.steps = steps
    }

    package func rate(at step: Int) -> Double {
        let warming = warmup > 0 ? min(1, Double(step) / Double(warmup)) : 1
        return peak * decay(at: step) * warming
    }

    private func decay(at step: Int) -> Double {
        let share = Double(min(step, steps)) / Double(max(steps, 1))
        switch form {
        case .linear: return power == 1 ? 1 - share : pow(1 - share, power)
        case .cosine: return (1 + cos(.pi * share)) / 2
        case .constant: return 1
        case .warmupStableDecay:
            let left = Double(max(steps - step, 0)) / Double(max(decaySteps, 1))
            return decaySteps == 0 ? 1 : pow(min(left, 1), power)
        }
    }

    /// The highest rate of all steps.
    package var highestRate: Double {
        // At the end of the warm-up; where a linear decay is slower than that, in the middle of the run.
        let step = min(warmup, form == .linear ? steps / 2 : steps)
        return max(rate(at: step), rate(at: min(step + 1, max(steps - 1, 0))))
    }

    /// What was given as a share of the steps, in steps. A share is never rounded to none.
    package mutating func resolveShares() {
        func count(_ share: Double) -> Int {
            let count = Int(exactly: (share * Double(steps)).rounded()) ?? steps
            return share > 0 ? max(1, count) : 0
        }
        if let warmupShare { warmup = count(warmupShare) }
        if let decayShare { decaySteps = count(decayShare) }
    }

    /// Whether its first steps are the same wherever its end is.
    package var hasOpenEnd: Bool { form == .warmupStableDecay || form == .constant }

    /// Whether `done` steps were the same with the other one.
    package func isAs(_ other: Self, upTo done: Int) -> Bool {
        (0..<done).allSatisfy { rate(at: $0) == other.rate(at: $0) }
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

package enum ScheduleForm: String, CaseIterable, Sendable {
    case linear, cosine, constant
    case warmupStableDecay = "warmup_stable_decay"

    /// As a model card says it.
    package var words: String { self == .warmupStableDecay ? "warm-up, stable, decay" : "\(rawValue) decay" }
}
