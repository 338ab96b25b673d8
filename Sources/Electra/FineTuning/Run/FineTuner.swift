package import Collectives
import ElectraHuggingFace
import ElectraModel
import ElectraSupport
package import ElectraTraining

/// What `finetune` is asked for.
package struct FineTuningRequest: Sendable {
    /// A kind of task, or a task by its name.
    package var task: String
    package var columns = ChosenColumns()
    /// Tokens that windows have in common; the task's own if not given.
    package var stride: Int?
    /// The folder of the model to start with.
    package var model: String
    package var train: String
    package var dev: String
    /// Examples for the best model to predict; nil for none.
    package var test: String?
    package var output: String
    package var seeds: [UInt64] = [1]
    package var maxLength: Int?
    /// The score that decides; the task's own if not given.
    package var metric: String?
    /// Fields of the run, by key.
    package var settings: [(key: String, value: ConfigurationValue)] = []

    package init(task: String, model: String, train: String, dev: String, output: String) {
        self.task = task
        self.model = model
        self.train = train
        self.dev = dev
        self.output = output
    }
}

/// Trains a model on a task, once for each seed, and keeps the best.
package enum FineTuning {
    /// All ranks call it together. Rank 0 prints.
    package static func run(_ request: FineTuningRequest, over communicator: Communicator) throws {
        let task = try communicator.together { try NamedTask.find(request.task) }
        var options = task.options(request.columns)
        if let stride = request.stride { options.stride = stride }
        try run(task.kind.init(options), task, request, communicator)
    }

    private static func run<Kind: TaskKind>(
        _ kind: Kind, _ task: NamedTask, _ request: FineTuningRequest, _ communicator: Communicator
    ) throws {
        let metric = request.metric ?? task.metric ?? Kind.metrics[0]
        let maxLength = request.maxLength ?? task.maxLength
        let output = FineTunedFolder(request.output)
        let data = try communicator.together {
            guard Kind.metrics.contains(metric) else {
                throw Failure.usage("--metric \(metric): \(task.name) has \(Kind.metrics.joined(separator: ", "))")
            }
            if communicator.rank == 0 { try output.checkIsOurs() }
            return try FineTuningData(
                kind, model: HuggingFaceFolder(request.model), train: request.train, dev: request.dev,
                maxLength: maxLength)
        }
        // Before hours of training.
        let test = try communicator.together {
            try communicator.rank == 0 ? request.test.map { try TestExamples(kind, $0, data, maxLength) } : nil
        }
        try communicator.requireSame(data.fingerprint + data.folder.weights.checksum) { _ in
            .badData(
                "\(request.train) on \(Communicator.hostName): its examples, or the model, are others than rank 0's; copy those to "
                    + "every host")
        }
        if communicator.rank == 0 { data.notes.forEach(ProgressLine.note) }
        func configuration(_ seed: UInt64) throws -> FineTuningConfiguration {
            try FineTuningConfiguration.agreed(on: communicator) {
                try .resolve(
                    for: data, task: task.name, epochs: task.epochs, maxLength: maxLength, seed: seed,
                    options: request.settings)
            }
        }
        let first = try configuration(request.seeds[0])
        try communicator.together {
            guard communicator.size <= first.division.slices else {
                throw Failure.usage(
                    "\(communicator.size) ranks: more than the \(first.division.slices) slices that a step is divided into; use "
                        + "fewer ranks, or start with --slices \(first.division.batch)")
            }
        }
        let learner = FineTuningTask(
            tower: data.tower, head: data.head, maximumLength: data.maximumLength, dropout: first.dropout,
            headDropout: first.headDropout)
        let pool = try LanePool.start(threads: first.housekeeping.threads, on: communicator)
        defer { pool.stop() }
        StopSignals.install(answer: communicator.rank == 0 ? "the step is finished and saved first" : nil)
        let kernels = try FineTuningTask.agreeOnKernels(learner, first.precision, over: communicator)
        let model = ModelState(learner, kernels, pool: pool)
        let scorer = Scorer(kind, model, over: communicator)
        var results = try communicator.together {
            try SeedResults(task: task.name, metric: metric, folder: request.output)
        }
        results.maxLength = maxLength
        if communicator.rank == 0 { print(opening(first, data, ranks: communicator.size)) }
        for seed in request.seeds where !results.has(seed: seed) {
            let run = try SeedRun(
                configuration(seed), data, folder: RunFolder(output.run(ofSeed: seed)), model: model, scorer: scorer,
                metric: metric, communicator: communicator)
            let entry = try run.train()
            results.add(entry)
            try communicator.together {
                guard communicator.rank == 0 else { return }
                if results.best?.seed == seed { try write(model, data, first, results, to: output) }
                try results.write(to: output.path)
                try run.removeCheckpoints()
                print("seed \(seed)  \(words(entry.scores))  (\(decimal(entry.seconds, 1)) s)")
            }
        }
        if communicator.rank == 0 {
            if !results.summary.isEmpty { print(results.summary) }
            try test?.predict(with: output, &results, pool)
            if let best = results.best { print("\(output.path): seed \(best.seed), parameters \(best.fingerprint)") }
        }
    }

    /// "rte: 2490 examples to train on, 277 to score, 2 labels; 22.6 M parameters; ...".
    private static func opening<Kind: TaskKind>(
        _ run: FineTuningConfiguration, _ data: FineTuningData<Kind>, ranks: Int
    ) -> String {
        let labels = data.head.description.labels.count
        return
            "\(run.task): \(counted(data.train.records.count, "example")) to train on, \(data.dev.records.count) to score"
            + (labels > 1 ? ", \(labels) labels" : "") + "; \(counted(ranks, "rank")) x "
            + "\(counted(run.housekeeping.threads, "thread")); batch \(run.division.batch) in "
            + "\(counted(run.division.slices, "slice")); \(counted(run.steps, "step")), learning rate \(run.schedule.peak)"
    }

    /// "accuracy 0.8603  f1 0.9012".
    package static func words(_ scores: Metrics) -> String {
        scores.named.map { "\($0.name) \(decimal($0.value, 4))" }.joined(separator: "  ")
    }

    private static func write<Kind: TaskKind>(
        _ model: ModelState<FineTuningTask<Kind.Head>>, _ data: FineTuningData<Kind>, _ run: FineTuningConfiguration,
        _ results: SeedResults, to output: FineTunedFolder
    ) throws(Failure) {
        var configuration = data.folder.configuration
        (configuration.network, configuration.head) = (nil, data.head.description)
        configuration.classifierDropout = run.headDropout == configuration.hiddenDropout ? nil : run.headDropout
        var tokenizer = data.tokenizer
        tokenizer.maximumLength = tokenizer.maximumLength ?? configuration.maximumPositions
        try output.write(
            configuration, tokenizer, model.layout, model.parameters.buffer,
            card: FineTunedCard(run: run, results: results, labels: data.head.description.labels).text)
    }
}
