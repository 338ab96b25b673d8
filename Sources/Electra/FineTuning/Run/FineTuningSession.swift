import Collectives
import ElectraHuggingFace
import ElectraModel
import ElectraSupport
import ElectraTraining

/// What all seeds of a request share: examples, model, lanes.
final class FineTuningSession<Kind: TaskKind> {
    let metric: String
    let data: FineTuningData<Kind>
    let communicator: Communicator
    let model: ModelState<FineTuningTask<Kind.Head>>
    let scorer: Scorer<Kind>
    private let task: NamedTask
    private let request: FineTuningRequest
    let maxLength: Int

    /// All ranks make it together. Rank 0 says what of the examples is cut off.
    init(_ kind: Kind, _ task: NamedTask, _ request: FineTuningRequest, over communicator: Communicator) throws {
        self.task = task
        self.request = request
        self.communicator = communicator
        let metric = request.metric ?? task.metric ?? Kind.metrics[0]
        let maxLength = request.maxLength ?? task.maxLength
        let data = try communicator.together {
            guard Kind.metrics.contains(metric) else {
                throw Failure.usage(
                    "--metric \(metric): expected one of \(Kind.metrics.joined(separator: ", ")), which \(task.name) has"
                )
            }
            return try FineTuningData(
                kind, model: HuggingFaceFolder(request.model), train: request.train, dev: request.dev,
                maxLength: maxLength)
        }
        try communicator.requireSame(data.fingerprint + data.modelFingerprint) { _ in
            .badData(
                "\(request.train) on \(Communicator.hostName): its examples, or the model, are others than rank 0's; copy "
                    + "those to every host")
        }
        if communicator.rank == 0 { data.notes.forEach(ProgressLine.note) }
        (self.metric, self.maxLength, self.data) = (metric, maxLength, data)

        let run = try Self.configuration(request.seeds[0], task, request, data, maxLength, communicator)
        try communicator.together {
            guard communicator.size <= run.division.slices else {
                throw Failure.usage(
                    "\(communicator.size) ranks: more than the \(run.division.slices) slices that a step is divided into; "
                        + "use fewer ranks, or start with --slices \(run.division.batch)")
            }
        }
        let learner = FineTuningTask(
            tower: data.tower, head: data.head, maximumLength: data.maximumLength, dropout: run.dropout,
            headDropout: run.headDropout)
        let kernels = try FineTuningTask.agreeOnKernels(learner, run.precision, over: communicator)
        let pool = try LanePool.start(threads: run.housekeeping.threads, on: communicator)
        // A step has few tokens, and then new weights: a fifth of the time on MRPC.
        model = ModelState(learner, kernels, pool: pool, packsWeights: false)
        scorer = Scorer(kind, model, over: communicator)
    }

    func configuration(_ seed: UInt64) throws -> FineTuningConfiguration {
        try Self.configuration(seed, task, request, data, maxLength, communicator)
    }

    private static func configuration(
        _ seed: UInt64, _ task: NamedTask, _ request: FineTuningRequest, _ data: FineTuningData<Kind>,
        _ maxLength: Int, _ communicator: Communicator
    ) throws -> FineTuningConfiguration {
        try .agreed(on: communicator) {
            try .resolve(
                for: data, task: task.name, epochs: task.epochs, maxLength: maxLength, seed: seed,
                options: request.settings)
        }
    }

    func makeStep(_ run: FineTuningConfiguration) throws -> TrainingStep<FineTuningTask<Kind.Head>> {
        let examples = data.train.encoded.examples
        return try TrainingStep(
            model, run.stepOptions(layers: model.task.tower.sizes.layers), examples: examples,
            exampleCount: examples.count, communicator: communicator)
    }

    /// The encoder of the model that it starts with. The head keeps its random numbers, unless the model was fine-tuned for
    /// the same labels before.
    func loadEncoder() throws(Failure) {
        let prefix = Network.discriminator.rawValue
        let hasHead = data.folder.configuration.head == data.head.description
        let layout = hasHead ? model.layout : model.layout.only { $0.hasPrefix(prefix + ".electra.") }
        _ = try data.folder.load(layout, prefix: prefix, into: model.parameters.buffer) { _ in false }
    }

    /// The model as it is, for transformers.
    func write(_ run: FineTuningConfiguration, _ results: SeedResults, to output: FineTunedFolder) throws(Failure) {
        var configuration = data.folder.configuration
        (configuration.network, configuration.head) = (nil, data.head.description)
        configuration.classifierDropout = run.headDropout == configuration.hiddenDropout ? nil : run.headDropout
        var tokenizer = data.tokenizer
        tokenizer.maximumLength = tokenizer.maximumLength ?? configuration.maximumPositions
        try output.write(
            configuration, tokenizer, model.layout, model.parameters.buffer,
            card: FineTunedCard(run: run, results: results, labels: data.head.description.labels).text)
    }

    /// "rte: 2490 examples to train on, 277 to score, 2 labels; 2 ranks x 1 thread; ...".
    func opening(_ run: FineTuningConfiguration) -> String {
        let labels = data.head.description.labels.count
        return
            "\(run.task): \(counted(data.train.records.count, "example")) to train on, \(data.dev.records.count) to score"
            + (labels > 1 ? ", \(labels) labels" : "") + "; \(counted(communicator.size, "rank")) x "
            + "\(counted(run.housekeeping.threads, "thread")); batch \(run.division.batch) in "
            + "\(counted(run.division.slices, "slice")); \(counted(run.steps, "step")), learning rate \(run.schedule.peak)"
    }
}
