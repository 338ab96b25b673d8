import Collectives
import ElectraCorpus
import ElectraModel
import ElectraSupport
import ElectraTraining

/// The loop around `TrainingStep`: start or resume, step, report, evaluate, save, stop in order.
final class Pretrainer<Objective: PretrainingObjective>: PretrainingRun {
    private let configuration: RunConfiguration
    private let folder: RunFolder
    private let data: DataSet
    private let initialWeights: InitialWeights?
    private let communicator: Communicator
    private let step: TrainingStep<Objective>
    private let model: ModelState<Objective>
    private let evaluation: HeldOutEvaluation<Objective>?
    private let window: MetricsWindow<Objective>
    private let checkpoints: CheckpointWriter
    private let reporter: TrainingReporter?
    /// Updates made.
    private var done = 0
    /// nil where it is not known, as of a run that an older version began.
    private var account: TrainingAccount? = TrainingAccount()
    private var savedAt: Int?
    /// The share of the commonest token in the text that figures are of.
    private lazy var commonestToken = (evaluation == nil ? data.train : data.heldOut).shareOfCommonestToken(
        data.vocabulary, mostSequences: max(configuration.housekeeping.evaluationSequences, 2048))
    /// On rank 0, as long as this trains.
    private var lock: RunLock?

    init(
        _ step: TrainingStep<Objective>, _ configuration: RunConfiguration, folder: RunFolder, data: DataSet,
        initialWeights: InitialWeights?, communicator: Communicator
    ) {
        self.configuration = configuration
        self.folder = folder
        self.data = data
        self.initialWeights = initialWeights
        self.communicator = communicator
        self.step = step
        model = step.model
        let sequences = min(data.heldOut.count, configuration.housekeeping.evaluationSequences)
        evaluation =
            configuration.housekeeping.evaluateEvery > 0 && sequences > 0
            ? HeldOutEvaluation(model, step.lanes, examples: data.heldOut, sequences: sequences) : nil
        window = MetricsWindow(step.task, laneCounts: step.counts)
        checkpoints = CheckpointWriter(
            folder: folder.checkpoints, communicator: communicator, layout: model.layout, ownership: step.ownership)
        reporter =
            communicator.rank == 0
            ? TrainingReporter(log: folder.metrics, steps: configuration.steps, losses: step.task.losses) : nil
    }

    var fingerprint: String { model.fingerprint }

    func run() throws {
        defer { model.pool.stop() }
        try configuration.housekeeping.limitPatience(among: communicator)
        StopSignals.install(answer: communicator.rank == 0 ? "the step is finished and saved first" : nil)
        try step.settling {
            try begin()
            try train()
        }
        reporter?.finish()
    }

    private func train() throws {
        window.reset()
        if try done < configuration.steps && communicator.isAskedToStop() {
            throw Failure(
                .stoppedEarly,
                "stopped by a signal before step \(done + 1); the same command \(done > 0 ? "goes on from here" : "starts again")"
            )
        }
        if done < configuration.steps { reporter?.beginStep(done + 1) }
        while done < configuration.steps {
            let result = try checkedStep()
            done += 1
            let before = account?.tokens
            account?.add(result)
            window.add(result.sums, over: result.denominators)
            reporter?.finishedStep(done, result)
            if done.isMultiple(of: configuration.housekeeping.logEvery) || done == configuration.steps {
                let metrics = try window.metrics(over: communicator)
                window.reset()
                let communication = try step.communicationReport()
                try communicator.together { try reporter?.log(metrics, step: done, result, account, communication) }
                if done == configuration.steps && evaluation == nil {
                    reporter?.sayOfTraining(metrics, step: done, in: words(metrics))
                }
            }
            let isKept = isMark(from: before, to: account?.tokens)
            if isKept || done.isMultiple(of: configuration.housekeeping.saveEvery) || done == configuration.steps {
                try save(isKept: isKept)
            }
            if let evaluation, isEvaluationDue { try evaluate(evaluation) }
            if try done < configuration.steps && communicator.isAskedToStop() { try stop() }
        }
    }

    private func begin() throws {
        lock = try communicator.together {
            guard communicator.rank == 0 else { return nil }
            try FileAccess.makeFolder(folder.path)
            return try RunLock(folder)
        }
        let newest = try RunCheckpoint.newestSound(of: folder, on: communicator)
        // Before what takes long with large models.
        reporter?.begin(
            configuration, layout: model.layout, ranks: communicator.size, resumedAt: newest?.manifest.step)
        if let reader = newest {
            try communicator.together {
                try folder.check(reader, isOf: configuration)
                try reader.restore(model, step)
            }
            done = reader.manifest.step
            account = reader.manifest.account
            savedAt = done
        } else {
            try step.initializeParameters()
            try communicator.together {
                try loadInitialWeights()
                if let run = initialWeights?.run, run.keepsMoments {
                    try run.checkpoint.readState(of: step.optimizer, owning: step.owned, layout: model.layout)
                }
            }
        }
        try communicator.together {
            guard communicator.rank == 0 else { return }
            if let note = folder.note(on: model.kernels, after: done) { ProgressLine.note(note) }
            try FileAccess.write(Array(configuration.json.utf8), to: folder.configurationPath)
            try folder.record(
                data, ranks: communicator.size, threads: configuration.housekeeping.threads, kernels: model.kernels,
                step: done)
            let unknown = try folder.metrics.truncate(afterStep: done)
            if unknown > 0 {
                ProgressLine.note(
                    "note: \(folder.metrics.path): \(counted(unknown, "line")) in it that cannot be read; left as found"
                )
            }
            FileAccess.synchronize(folder.path)
        }
        if communicator.rank == 0 {
            configuration.notes(ranks: communicator.size, hosts: step.hosts, data: data, goesOn: done > 0)
                .forEach(ProgressLine.note)
        }
        try makeUpForEvaluation()
        if newest != nil && done == configuration.steps { reporter?.say(folder.finishedLine(configuration)) }
    }

    private var isEvaluationDue: Bool {
        done > 0 && (done.isMultiple(of: configuration.housekeeping.evaluateEvery) || done == configuration.steps)
    }

    /// A checkpoint comes before the evaluation of the same step, which a stop or a crash may then have cut short.
    private func makeUpForEvaluation() throws {
        guard let evaluation, isEvaluationDue else { return }
        let isMissing = communicator.rank == 0 && folder.metrics.lastHeldOut()?.step != done
        if try communicator.allReduce(Int64(isMissing ? 1 : 0), .maximum) > 0 { try evaluate(evaluation) }
    }

    private func loadInitialWeights() throws(Failure) {
        guard (initialWeights?.fingerprint ?? "") == configuration.initialWeights else {
            throw .usage(
                "\(folder.path): this run starts from the weights of other models, found "
                    + "\(initialWeights == nil ? "none" : "different ones") on \(Communicator.hostName); name the same folders with "
                    + "--from-discriminator and --from-generator, or --from-run, on every host")
        }
        let notes = try initialWeights?.load(into: model.parameters.buffer, layout: model.layout) ?? []
        if communicator.rank == 0 { for note in notes { ProgressLine.note(note) } }
    }

    /// A step whose loss or gradient is no number makes no update. It stops all ranks, and saves what led to it; or it is passed
    /// over, where that was asked for and helps: not all of its sequences are like that.
    private func checkedStep() throws -> StepResult {
        do {
            return try step.run(step: done)
        } catch let diverged as Diverged {
            reporter?.finish()
            try step.settle()
            let numbers = try step.sequencesThatAreNotFinite()
            let log = folder.notFinite(data)
            let found = try communicator.together {
                if communicator.rank == 0 { try log.append(numbers, step: done + 1, what: diverged.what) }
                return "the \(diverged.what) is not finite (\(diverged.value)), "
                    + (try log.words(numbers, batch: configuration.division.batch))
            }
            if configuration.housekeeping.onNonfinite == .skip,
                (1..<configuration.division.batch).contains(numbers.count)
            {
                if communicator.rank == 0 { ProgressLine.note("note: step \(done + 1) skipped: \(found)") }
                return .skipped(learningRate: configuration.schedule.rate(at: done))
            }
            let place = CheckpointFolder(run: "\(folder.path)/diverged")
            let writer = CheckpointWriter(
                folder: place, communicator: communicator, layout: model.layout, ownership: step.ownership,
                requiresFinite: false)
            var kept = "the state before the step is in \(place.path(ofStep: done))"
            do {
                try writer.write(
                    step: done, configuration: configuration, parameters: model.parameters.buffer,
                    optimizer: step.optimizer, keep: 0)
            } catch let failure as AgreedFailure {
                kept = "the state before the step could not be saved (\(failure.message))"
            }
            throw Failure.software(
                "step \(diverged.step + 1): \(found); \(kept); "
                    + (numbers.count == configuration.division.batch || numbers.isEmpty
                        ? "start a run with a lower learning_rate or a longer warmup"
                        : "look at the text, or go on with --on-nonfinite skip"))
        }
    }

    /// Given up after a signal, as it may take longer than a batch system waits.
    private func evaluate(_ evaluation: HeldOutEvaluation<Objective>) throws {
        try step.settle()
        do {
            let metrics = try evaluation.run { share in
                if try communicator.isAskedToStop() { throw GivenUp() }
                reporter?.evaluate(share, step: done)
            }
            try communicator.together {
                try reporter?.logHeldOut(metrics, step: done, account, in: words(metrics))
            }
        } catch is GivenUp {
            try stop()
        }
    }

    private func words(_ metrics: Metrics) -> FiguresInWords {
        FiguresInWords(metrics, of: configuration, commonestToken: commonestToken)
    }

    /// Where the tokens of a run are not known, no mark is reached.
    private func isMark(from before: Int?, to after: Int?) -> Bool {
        guard let before, let after else { return false }
        return configuration.housekeeping.saveAtTokens.isReached(from: before, to: after)
    }

    private func save(isKept: Bool = false) throws {
        try step.settle()
        reporter?.save(done)
        try communicator.together { try data.checkIsUnchanged() }
        if communicator.rank == 0 { folder.metrics.synchronize() }
        try checkpoints.write(
            step: done, account: account, isKept: isKept, configuration: configuration,
            parameters: model.parameters.buffer,
            optimizer: step.optimizer, keep: configuration.housekeeping.keep)
        savedAt = done
        reporter?.resumeClock()
    }

    private func stop() throws {
        if savedAt != done { try save() }
        reporter?.finish()
        throw Failure(
            .stoppedEarly,
            "stopped by a signal after step \(done) of \(configuration.steps), all saved; "
                + "the same command goes on from here")
    }
}

/// An evaluation that a signal ended.
private struct GivenUp: Error {}
