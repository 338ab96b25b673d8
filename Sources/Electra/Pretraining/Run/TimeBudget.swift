import ElectraSupport
package import ElectraTraining
import Foundation

extension RunConfiguration {
    /// What follows for a run that gets so many steps, where it is short: it has several `parts` between checkpoints and
    /// evaluations.
    func fields(ofLength steps: Int, parts: Int = 4) -> [(key: String, value: ConfigurationValue)] {
        let part = (steps + parts - 1) / parts
        var fields = [
            ("steps", steps), ("save_every", min(housekeeping.saveEvery, part)),
            ("evaluate_every", min(housekeeping.evaluateEvery, part)),
            ("log_every", min(housekeeping.logEvery, max(1, steps / 20))),
        ]
        // A tenth of the steps, up to what the preset has for its own: so it is in a run as long as the preset's.
        if schedule.warmupShare == nil { fields.append(("warmup", min(schedule.warmup, max(1, steps / 10)))) }
        return fields.map { (key: $0.0, value: .integer($0.1)) }
    }
}

/// `pretrain --minutes`: how long a run fits a time, from how long a step takes. The fields that come of it are those of a
/// run in which they were typed, and stay when it goes on.
package struct TimeBudget: Sendable {
    /// In seconds, on this machine.
    package struct Speed: Sendable {
        var step: Double
        var evaluatedSequence: Double
        var save: Double
        /// What measuring them took.
        var measuring = 0.0
    }

    package static let minutes = 0.001...10_000_000

    package let seconds: Double
    package let speed: Speed

    /// How many steps fit, with their evaluations and checkpoints.
    package let steps: Int
    private let run: RunConfiguration

    /// `run` is what would be trained but for its length.
    package init(minutes: Double, speed: Speed, run: RunConfiguration) {
        seconds = 60 * minutes
        self.speed = speed
        self.run = run
        let left = max(0, seconds - speed.measuring)
        let step = max(speed.step, 1e-6)
        let evaluation = Double(Self.evaluationSequences(run, speed, seconds)) * speed.evaluatedSequence
        var each = step
        var once = 0.0
        let intervals = [(evaluation, run.housekeeping.evaluateEvery), (speed.save, run.housekeeping.saveEvery)]
        for (cost, every) in intervals where every > 0 {
            // A short run has a quarter of its steps in between.
            if Double(every) * Double(Self.parts) < left / step {
                each += cost / Double(every)
            } else {
                once += Double(Self.parts) * cost
            }
        }
        // The first update has a learning rate of zero: one step would learn nothing.
        steps = Int(min(max(2, (left - once) / each), Double(1 << 30)))
    }

    /// How often a short run is saved and evaluated.
    private static let parts = 4

    /// An evaluation takes a fortieth of the time at most, four of them a tenth.
    private static func evaluationSequences(_ run: RunConfiguration, _ speed: Speed, _ seconds: Double) -> Int {
        let fitting = seconds / 40 / max(speed.evaluatedSequence, 1e-9)
        let wanted = Double(run.housekeeping.evaluationSequences)
        return Int(max(min(wanted, fitting), min(64, wanted)))
    }

    /// What follows for the run; what was typed comes after it, and goes before it.
    package var options: [(key: String, value: ConfigurationValue)] {
        let sequences = Self.evaluationSequences(run, speed, seconds)
        return run.fields(ofLength: steps, parts: Self.parts) + [
            (key: "evaluation_sequences", value: .integer(sequences))
        ]
    }

    /// What was found, and that it stays.
    package func line(_ resolved: RunConfiguration) -> String {
        let time = speed.step < 10 ? "\(short(speed.step)) s" : "\(ProgressLine.duration(speed.step)) min"
        return "--minutes \(short(seconds / 60)): a step takes \(time) here, so the run has \(resolved.steps) steps, "
            + "\(resolved.schedule.warmup) of them warm-up, also when it goes on"
    }

    private func short(_ number: Double) -> String { String(format: "%.3g", number) }

    /// Within that, a model hardly learns how frequent words are.
    package var note: String? {
        guard steps < 200 else { return nil }
        return
            "note: \(steps) steps are too few to learn much from: take more time, more ranks or threads, a smaller --batch or a "
            + "smaller --preset"
    }
}
