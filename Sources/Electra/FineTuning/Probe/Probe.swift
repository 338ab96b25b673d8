package import Collectives
import ElectraHuggingFace
import ElectraKernels
import ElectraModel
import ElectraSupport
import ElectraTraining

/// What `probe` is asked for.
package struct ProbeRequest: Sendable {
    /// A kind of task, or a task by its name.
    package var task: String
    package var columns = ChosenColumns()
    /// Folders of encoders.
    package var models: [String]
    package var train: String
    package var dev: String
    /// Of a text; words are at their first tokens.
    package var vectors = FrozenVectorsHead.Vectors.mean
    package var l2 = 1.0
    /// Tokens; the task's own if not given.
    package var maxLength: Int?
    /// Of each rank.
    package var threads = 1

    package init(task: String, models: [String], train: String, dev: String) {
        self.task = task
        self.models = models
        self.train = train
        self.dev = dev
    }
}

/// How much of a task stands in an encoder's vectors as they are, to be read off by a linear function (G. Alain and Y. Bengio,
/// 2017, "Understanding intermediate layers using linear classifier probes").
package enum Probe {
    /// All ranks call it together. Rank 0 prints a table with a row for each model.
    package static func run(_ request: ProbeRequest, over communicator: Communicator) throws {
        let task = try communicator.together { try NamedTask.find(request.task) }
        try run(task.kind.init(task.options(request.columns)), task, request, communicator)
    }

    private static func run<Kind: TaskKind>(
        _ kind: Kind, _ task: NamedTask, _ request: ProbeRequest, _ communicator: Communicator
    ) throws {
        try communicator.together {
            guard !(kind is QuestionAnswering) else {
                throw Failure.usage(
                    "--task \(task.name): an answer is no label of a text or a word, so no probe finds it; fine-tune a model"
                )
            }
        }
        let pool = try LanePool.start(threads: request.threads, on: communicator)
        defer { pool.stop() }
        try communicator.together { try MatrixLibrary.requireMemory(threads: pool.count) }
        let table = ProbeTable(models: request.models, metrics: Kind.metrics)
        let progress = ProgressLine("probing")
        var kernels: JobKernels?
        var notes: Set<String> = []
        for path in request.models {
            let data = try communicator.together {
                try FineTuningData(
                    kind, model: HuggingFaceFolder(path), train: request.train, dev: request.dev,
                    maxLength: request.maxLength ?? task.maxLength)
            }
            try communicator.requireSame(data.fingerprint + data.modelFingerprint) { _ in
                .badData(
                    "\(request.train) on \(Communicator.hostName): its examples, or \(path), are others than rank 0's; copy those "
                        + "to every host")
            }
            let known = try kernels ?? agreeOnKernels(data, over: communicator)
            kernels = known
            if communicator.rank == 0 {
                for note in data.notes where notes.insert(note).inserted { ProgressLine.note(note) }
                if path == request.models.first { print(table.opening(request, data) + "\n" + table.header) }
                progress.announce(path)
            }
            let probe = try ProbeRun(data, request, known, pool, over: communicator)
            let (scores, unfinished) = try probe.scores()
            guard communicator.rank == 0 else { continue }
            progress.finish()
            print(table.row(path, scores))
            if let unfinished {
                ProgressLine.note(
                    "note: \(path): the probe is not fitted to the end, its gradient is up to \(unfinished); a larger --l2 "
                        + "gets there sooner")
            }
        }
    }

    /// Once for all models: before the first product.
    private static func agreeOnKernels<Kind: TaskKind>(
        _ data: FineTuningData<Kind>, over communicator: Communicator
    ) throws -> JobKernels {
        let learner = FineTuningTask(
            tower: data.tower, head: data.head, maximumLength: data.maximumLength, dropout: DropoutRates(),
            headDropout: 0)
        return try FineTuningTask.agreeOnKernels(learner, .f32, over: communicator)
    }
}

/// One encoder on one task.
private struct ProbeRun<Kind: TaskKind> {
    private let data: FineTuningData<Kind>
    private let l2: Double
    private let pool: LanePool
    private let width: Int
    private let forward: ForwardRun<FrozenVectorsHead>

    init(
        _ data: FineTuningData<Kind>, _ request: ProbeRequest, _ kernels: JobKernels, _ pool: LanePool,
        over communicator: Communicator
    ) throws {
        (self.data, l2, self.pool) = (data, request.l2, pool)
        width = data.tower.sizes.hidden
        let isOfWords = data.head.description.kind == .tokenClassification
        let task = FineTuningTask(
            tower: data.tower, head: FrozenVectorsHead(isMean: request.vectors == .mean && !isOfWords, width: width),
            maximumLength: data.maximumLength, dropout: DropoutRates(hidden: 0, attention: 0), headDropout: 0)
        let prefix = Network.discriminator.rawValue
        try communicator.together {
            try data.folder.check(ParameterLayout { _ = task.parameters(&$0) }, prefix: prefix)
        }
        let model = ModelState(task, kernels, pool: pool)
        try communicator.together {
            _ = try data.folder.load(model.layout, prefix: prefix, into: model.parameters.buffer) { _ in false }
        }
        forward = ForwardRun(model, over: communicator)
    }

    /// On the development examples; and what is left of the gradient where the fit came to no end.
    func scores() throws -> (scores: Metrics, unfinished: Double?) {
        var train = try forward.outputs(of: data.train.encoded.examples).values
        var dev = try forward.outputs(of: data.dev.encoded.examples).values
        let standardization = Standardization(of: train, width: width)
        standardization.apply(to: &train)
        standardization.apply(to: &dev)
        let head = data.head.description
        let fit = LinearFit(
            LinearFit.Problem(
                vectors: train, width: width, targets: data.train.encoded.examples.flatMap(\.targets),
                outputs: head.labels.count, learnsValues: head.problem == .regression, l2: l2), pool: pool)
        let (weights, unfinished) = fit.weights()
        var starts = [0]
        for example in data.dev.encoded.examples {
            starts.append(starts.last! + example.targets.count * head.labels.count)
        }
        let outputs = TaskOutputs(values: weights.outputs(of: dev), starts: starts)
        return (data.kind.scores(outputs, of: data.dev.encoded, data.dev.records, data.head), unfinished)
    }
}

/// What is printed: a line on the task, and one for each model.
private struct ProbeTable {
    let models: [String]
    let metrics: [String]

    func opening<Kind: TaskKind>(_ request: ProbeRequest, _ data: FineTuningData<Kind>) -> String {
        let head = data.head.description
        let vectors = head.kind == .tokenClassification ? "each word's first token" : request.vectors.rawValue
        return
            "\(request.task): \(counted(data.train.records.count, "example")) to train on, \(data.dev.records.count) to score"
            + (head.labels.count > 1 ? ", \(head.labels.count) labels" : "") + "; vectors \(vectors), l2 \(request.l2)"
    }

    var header: String { line("model", metrics) }

    func row(_ model: String, _ scores: Metrics) -> String { line(model, metrics.map { decimal(scores[$0], 4) }) }

    private func line(_ model: String, _ cells: [String]) -> String {
        let width = (models + ["model"]).map(\.count).max()!
        return cells.reduce(model + String(repeating: " ", count: width - model.count)) { line, cell in
            line + String(repeating: " ", count: max(2, 11 - cell.count)) + cell
        }
    }
}
