package import Collectives
import ElectraSupport
package import ElectraTraining

/// Trains a model on a task, once for each seed, and keeps the best.
package enum FineTuning {
    /// All ranks call it together. Rank 0 prints. Throws a `Failure` of kind `stoppedEarly` after a signal, with everything
    /// saved.
    package static func run(_ request: FineTuningRequest, over communicator: Communicator) throws -> SeedResults {
        let output = FineTunedFolder(request.output)
        try communicator.together { if communicator.rank == 0 { try output.checkIsOurs() } }
        let (kind, task) = try kind(of: request, over: communicator)
        return try run(kind, task, request, output, communicator)
    }

    /// One step of the first seed, with the model as it starts: for who wants to measure it.
    package static func step(
        _ request: FineTuningRequest, over communicator: Communicator
    ) throws -> any MeasurableStep {
        let (kind, task) = try kind(of: request, over: communicator)
        return try step(kind, task, request, communicator)
    }

    private static func step(
        _ kind: some TaskKind, _ task: NamedTask, _ request: FineTuningRequest, _ communicator: Communicator
    ) throws -> any MeasurableStep {
        let session = try FineTuningSession(kind, task, request, over: communicator)
        let step = try session.makeStep(session.configuration(request.seeds[0]))
        try step.initializeParameters()
        try session.communicator.together { try session.loadEncoder() }
        return step
    }

    private static func kind(
        of request: FineTuningRequest, over communicator: Communicator
    ) throws -> (any TaskKind, NamedTask) {
        let task = try communicator.together { try NamedTask.find(request.task) }
        return (task.kind.init(task.options(request.columns, stride: request.stride)), task)
    }

    private static func run<Kind: TaskKind>(
        _ kind: Kind, _ task: NamedTask, _ request: FineTuningRequest, _ output: FineTunedFolder,
        _ communicator: Communicator
    ) throws -> SeedResults {
        let session = try FineTuningSession(kind, task, request, over: communicator)
        defer { session.model.pool.stop() }
        // Before hours of training.
        let test = try communicator.together {
            try communicator.rank == 0
                ? request.test.map { try TestExamples(kind, $0, session.data, session.maxLength) } : nil
        }
        StopSignals.install(answer: communicator.rank == 0 ? "the step is finished and saved first" : nil)
        let first = try session.configuration(request.seeds[0])
        var results = try communicator.together {
            try SeedResults(task: first.task, metric: session.metric, folder: request.output)
        }
        results.maxLength = session.maxLength
        if communicator.rank == 0 { print(session.opening(first)) }
        for seed in request.seeds {
            let configuration = try session.configuration(seed)
            let folder = RunFolder(output.run(ofSeed: seed))
            try communicator.together { try SeedRun<Kind>.check(configuration, isStillThatOf: folder) }
            if results.has(seed: seed) { continue }
            let run = try SeedRun(configuration, session, folder: folder)
            let entry = try run.train()
            results.add(entry)
            try communicator.together {
                guard communicator.rank == 0 else { return }
                if results.best?.seed == seed { try session.write(configuration, results, to: output) }
                try results.write(to: output.path)
                try run.removeCheckpoints()
                print("seed \(seed)  \(words(entry.scores))  (\(decimal(entry.seconds, 1)) s)")
            }
        }
        if communicator.rank == 0 {
            if !results.summary.isEmpty { print(results.summary) }
            try test?.predict(with: output, &results, session.model.pool)
            if let best = results.best { print("\(output.path): seed \(best.seed), parameters \(best.fingerprint)") }
        }
        return results
    }

    /// "accuracy 0.8603  f1 0.9012".
    package static func words(_ scores: Metrics) -> String {
        scores.named.map { "\($0.name) \(decimal($0.value, 4))" }.joined(separator: "  ")
    }
}
