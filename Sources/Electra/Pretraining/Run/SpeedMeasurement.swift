package import Collectives
package import ElectraCorpus
import ElectraModel
import ElectraSupport
import ElectraTraining

extension TimeBudget {
    /// Trains some steps of a model of its own, which is then forgotten: the run begins as if nothing had been. All ranks call it
    /// together, and all get what rank 0 measured.
    package static func measure(
        _ run: RunConfiguration, minutes: Double, data: DataSet, communicator: Communicator
    ) throws -> TimeBudget {
        try communicator.together {
            try run.checkRanks(communicator.size)
            try run.checkParameterCount()
        }
        var still = run
        // Nothing moves, so nothing diverges.
        still.schedule.peak = 0
        let pool = try communicator.together {
            try LanePool(count: run.housekeeping.threads, apart: !communicator.isAlone)
        }
        defer { pool.stop() }
        return try measure(
            run.makeObjective(data), still, minutes: minutes, data: data, communicator: communicator,
            pool: pool)
    }

    private static func measure(
        _ objective: some PretrainingObjective, _ run: RunConfiguration, minutes: Double, data: DataSet,
        communicator: Communicator, pool: LanePool
    ) throws -> TimeBudget {
        let clock = Stopwatch()
        let step = try TrainingStep(objective, run, examples: data.train, communicator: communicator, pool: pool)
        try step.initializeParameters()
        var speed = Speed(step: 0, evaluatedSequence: 0, save: 0)

        // The first step finds its memory for the first time.
        _ = try step.run(step: 0)
        let steps = Stopwatch()
        var count = 0
        repeat {
            count += 1
            _ = try step.run(step: count)
            speed.step = steps.seconds / Double(count)
        } while try !communicator.agree(isEnough(count, steps.seconds, of: 60 * minutes))
        try step.settle()

        if run.housekeeping.evaluateEvery > 0 && data.heldOut.count > 0 {
            let evaluation = HeldOutEvaluation(
                step.model, step.lanes, examples: data.heldOut,
                sequences: min(data.heldOut.count, run.division.batch, run.housekeeping.evaluationSequences))
            let stopwatch = Stopwatch()
            _ = try evaluation.run { _ in }
            speed.evaluatedSequence = stopwatch.seconds / Double(max(evaluation.sequences, 1))
        }
        // Parameters and two moments, to a disk that takes 200 MB a second.
        speed.save = Double(12 * step.model.layout.count) / 200e6
        speed.measuring = clock.seconds
        for path in [\Speed.step, \.evaluatedSequence, \.save, \.measuring] {
            speed[keyPath: path] = try communicator.broadcast(speed[keyPath: path], from: 0)
        }
        return TimeBudget(minutes: minutes, speed: speed, run: run)
    }

    /// Three steps that take two seconds, or a twentieth of the time.
    private static func isEnough(_ count: Int, _ seconds: Double, of budget: Double) -> Bool {
        count >= 3 && seconds >= 2 || seconds >= budget / 20 || count >= 1000
    }
}

extension Communicator {
    /// What rank 0 finds, on every rank.
    fileprivate func agree(_ isTrue: Bool) throws(MPIError) -> Bool {
        try broadcast(Int64(isTrue ? 1 : 0), from: 0) == 1
    }
}
