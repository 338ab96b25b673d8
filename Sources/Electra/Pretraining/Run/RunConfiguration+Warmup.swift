import ElectraTraining
import Foundation

extension RunConfiguration {
    /// What a warm-up that was given as a share of the steps is in steps. A share is never rounded to none.
    mutating func resolveWarmup() {
        guard let warmupShare else { return }
        let count = Int(exactly: (warmupShare * Double(steps)).rounded()) ?? steps
        warmup = warmupShare > 0 ? max(1, count) : 0
    }

    /// A warm-up that leaves the learning rate far below what was asked for, as a preset's does in a short run.
    var noteOnWarmup: String? {
        // A run of one step is made to hold what it started from.
        let highest = schedule.highestRate
        guard steps > 1, highest < 0.75 * learningRate else { return nil }
        return
            "note: a warm-up of \(warmup) steps in a run of \(steps): the learning rate gets to \(Self.short(highest)) at most, "
            + "not to \(Self.short(learningRate)); start with --warmup 5%, a share of the steps, or with more steps"
    }

    /// Two digits are enough for a rate.
    private static func short(_ rate: Double) -> String { String(format: "%.2g", rate) }
}
