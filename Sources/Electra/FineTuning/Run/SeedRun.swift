import Collectives
import ElectraModel
import ElectraSupport
import ElectraTraining

/// One seed's training: start or resume, step, score on the development examples, save, stop in order.
final class SeedRun<Kind: TaskKind> {
    typealias Task = FineTuningTask<Kind.Head>

    private let run: FineTuningConfiguration
    private let session: FineTuningSession<Kind>
    private let folder: RunFolder
    private let communicator: Communicator
    private let model: ModelState<Task>
    private let step: TrainingStep<Task>
    private let window: MetricsWindow<Task>
    private let checkpoints: CheckpointWriter
    private let reporter: FineTuningReporter?
    /// Updates made.
    private var done = 0
    private var savedAt: Int?
    private var scored: (step: Int, scores: Metrics)?
    /// On rank 0, as long as this trains.
    private var lock: RunLock?

    init(_ run: FineTuningConfiguration, _ session: FineTuningSession<Kind>, folder: RunFolder) throws {
        self.run = run
        self.session = session
        self.folder = folder
        communicator = session.communicator
        model = session.model
        step = try session.makeStep(run)
        window = MetricsWindow(step.task, laneCounts: step.counts)
        checkpoints = CheckpointWriter(
            folder: folder.checkpoints, communicator: communicator, layout: model.layout, ownership: step.ownership)
        reporter = communicator.rank == 0 ? FineTuningReporter(run, log: folder.metrics, metric: session.metric) : nil
    }

    /// Trains to the last step. What it came to is in the model, and returned.
    func train() throws -> SeedResults.Entry {
        defer { reporter?.finish() }
        try run.housekeeping.limitPatience(among: communicator)
        try step.settling {
            try begin()
            try trainToTheEnd()
        }
        return SeedResults.Entry(
            seed: run.seed, scores: scored!.scores, seconds: reporter?.seconds ?? .nan,
            examplesPerSecond: reporter?.examplesPerSecond ?? .nan, fingerprint: model.fingerprint)
    }

    private func trainToTheEnd() throws {
        window.reset()
        while done < run.steps {
            if try communicator.isAskedToStop() { try stop() }
            let result = try checkedStep()
            done += 1
            window.add(result.sums, over: result.denominators)
            reporter?.finishedStep(done, result)
            if done.isMultiple(of: run.housekeeping.logEvery) || done == run.steps {
                let metrics = try window.metrics(over: communicator)
                window.reset()
                try communicator.together { try reporter?.log(metrics, step: done, result) }
            }
            let isLast = done == run.steps
            if done.isMultiple(of: run.housekeeping.saveEvery) || isLast { try save() }
            if isLast || (run.housekeeping.evaluateEvery > 0 && done.isMultiple(of: run.housekeeping.evaluateEvery)) {
                try score()
            }
        }
        if scored?.step != done { try score() }
    }

    /// Checkpoints are for going on; what was learnt is in the model folder by now.
    func removeCheckpoints() throws(Failure) {
        lock = nil
        for step in try folder.checkpoints.steps() { folder.checkpoints.remove(folder.checkpoints.path(ofStep: step)) }
        FileAccess.removeFolder(folder.checkpoints.path) { _ in false }
    }

    /// Refuses to go on, or to take for done, what was started with other settings.
    static func check(_ run: FineTuningConfiguration, isStillThatOf folder: RunFolder) throws(Failure) {
        guard folder.exists else { return }
        let started = try FineTuningConfiguration.read(from: folder.configurationPath)
        guard let field = run.firstDifference(from: started) else { return }
        let difference =
            switch field.key {
            case "model": "another model"
            case "data": "other training examples"
            default: "\(field.key) \(field.get(started).shown), not \(field.get(run).shown)"
            }
        throw .usage(
            "\(folder.path): this run was started with \(difference); go on with what it was started with, or choose another "
                + "--output")
    }

    private func begin() throws {
        lock = try communicator.together {
            guard communicator.rank == 0 else { return nil }
            try FileAccess.makeFolder(folder.path)
            return try RunLock(folder)
        }
        let newest = try CheckpointReader<FineTuningConfiguration>.newestSound(of: folder, on: communicator)
        if let newest {
            try communicator.together { try newest.restore(model, step) }
            (done, savedAt) = (newest.manifest.step, newest.manifest.step)
        } else {
            try step.initializeParameters()
            try communicator.together { try session.loadEncoder() }
        }
        try communicator.together {
            guard communicator.rank == 0 else { return }
            try FileAccess.write(Array(run.json.utf8), to: folder.configurationPath)
            _ = try folder.metrics.truncate(afterStep: done)
        }
        reporter?.begin(at: done)
    }

    private func checkedStep() throws -> StepResult {
        do {
            return try step.run(step: done)
        } catch let diverged as Diverged {
            throw Failure.software(
                "\(folder.path): step \(diverged.step + 1): the \(diverged.what) is not finite (\(diverged.value)); take a lower "
                    + "--learning-rate or a longer --warmup")
        }
    }

    private func score() throws {
        try step.settle()
        reporter?.score(done)
        let scores = try session.scorer.scores(of: session.data.dev)
        scored = (done, scores)
        try communicator.together { try reporter?.logScores(scores, step: done) }
    }

    private func save() throws {
        try step.settle()
        if communicator.rank == 0 { folder.metrics.synchronize() }
        try checkpoints.write(
            step: done, configuration: run, parameters: model.parameters.buffer, optimizer: step.optimizer,
            keep: run.housekeeping.keep)
        savedAt = done
        reporter?.resumeClock()
    }

    private func stop() throws {
        if savedAt != done && done > 0 { try save() }
        reporter?.finish()
        throw Failure(
            .stoppedEarly,
            "stopped by a signal after step \(done) of \(run.steps) of seed \(run.seed), all saved; the same command goes on "
                + "from here")
    }
}
