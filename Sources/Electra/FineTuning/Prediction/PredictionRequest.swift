import ElectraHuggingFace
package import ElectraSupport
package import ElectraTraining

/// What `predict` is asked for.
package struct PredictionRequest: Sendable {
    /// The folder of a fine-tuned model.
    package var model: String
    /// The task whose columns files have; what the model was fine-tuned for if not given, as far as its folder tells.
    package var task: String?
    package var columns = ChosenColumns()
    /// Of sequences; what the model was fine-tuned with if not given, as far as its folder tells.
    package var maxLength: Int?
    package var stride: Int?
    package var nullThreshold: Double?
    /// The kind's own if not given.
    package var format: PredictionFormat?

    package init(model: String) { self.model = model }

    /// The model in memory.
    package func open(_ pool: LanePool) throws(Failure) -> OpenedModel {
        try checkNumbers()
        let folder = try HuggingFaceFolder(model)
        guard let description = folder.configuration.head else { throw Self.headless(folder) }
        guard let kind = NamedTask.kind(of: description) else { throw Self.unknownHead(description, folder) }
        let format = format ?? kind.formats[0]
        guard kind.formats.contains(format) else {
            let formats = kind.formats.map(\.rawValue).joined(separator: ", ")
            throw .usage(
                "--format \(format.rawValue): \(folder.path) is a model for \(kind.name), which has \(formats)")
        }
        guard nullThreshold == nil || kind == QuestionAnswering.self else {
            throw .usage("--null-threshold: \(folder.path) is a model for \(kind.name), and answers no questions")
        }
        let trained = SeedResults.origin(of: folder.path)
        let task = try namedTask(kind, trained?.task, folder)
        var options = task.options(columns, stride: stride)
        if let nullThreshold { options.nullThreshold = nullThreshold }
        return OpenedModel(
            kind: kind, format: format,
            predictor: try open(kind.init(options), description, folder, maxLength ?? trained?.maxLength, pool))
    }

    private func open<Kind: TaskKind>(
        _ kind: Kind, _ description: TaskHeadDescription, _ folder: HuggingFaceFolder, _ maxLength: Int?,
        _ pool: LanePool
    ) throws(Failure) -> any Predictor {
        guard let head = kind.makeHead(description) else { throw Self.unknownHead(description, folder) }
        return try FineTunedModel(kind, head, folder, maxLength: maxLength, pool: pool)
    }

    private func namedTask(
        _ kind: any TaskKind.Type, _ trained: String?, _ folder: HuggingFaceFolder
    ) throws(Failure) -> NamedTask {
        guard let task else {
            let known = NamedTask.all.filter { $0.kind == kind }
            return known.first { $0.name == trained } ?? known[0]
        }
        let named = try NamedTask.find(task)
        guard named.kind == kind else {
            throw .usage("--task \(task): a task of \(named.kind.name), and \(folder.path) is a model for \(kind.name)")
        }
        return named
    }

    private func checkNumbers() throws(Failure) {
        if let maxLength, !(8...1 << 20).contains(maxLength) {
            throw .usage("--max-length \(maxLength): expected 8 to \(1 << 20)")
        }
        if let stride, !(0...1 << 20).contains(stride) {
            throw .usage("--stride \(stride): expected 0 to \(1 << 20)")
        }
    }

    // MARK: Models that predict nothing

    private static func headless(_ folder: HuggingFaceFolder) -> Failure {
        let what = folder.configuration.network.map { "a \($0.rawValue)" } ?? "an encoder without a head"
        return .usage(
            "\(folder.path): \(what), which was not fine-tuned for a task; fine-tune it first (electra-dist finetune --model "
                + "\(folder.path)), and name what comes out")
    }

    private static func unknownHead(_ head: TaskHeadDescription, _ folder: HuggingFaceFolder) -> Failure {
        let found =
            head.problem == .multiLabel
            ? "a text may have several labels (problem_type multi_label_classification)"
            : "a text has \(head.labels.count) numbers (problem_type regression)"
        return .badData(
            "\(folder.path)/\(HuggingFaceConfiguration.fileName): expected one label or one number a text, found a model of "
                + "which \(found); this program has no other")
    }
}

/// A model that is ready, and what comes with its kind of task.
package struct OpenedModel: Sendable {
    package let kind: any TaskKind.Type
    package let format: PredictionFormat
    package let predictor: any Predictor
}

extension NamedTask {
    /// Of a model with such a head.
    fileprivate static func kind(of description: TaskHeadDescription) -> (any TaskKind.Type)? {
        all.first { $0.kind.init(TaskOptions()).makeHead(description) != nil }?.kind
    }
}
