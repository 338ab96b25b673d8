import ElectraHuggingFace
import ElectraSupport
import ElectraTraining

/// What `finetune --test` has the best model predict, after the last seed: examples that had no part in choosing it. With labels
/// they are scored.
struct TestExamples<Kind: TaskKind> {
    private static var fileName: String { "predictions.jsonl" }

    private let kind: Kind
    private let head: Kind.Head
    private let path: String
    private let maxLength: Int
    private let records: [Kind.Record]
    private let isLabelled: Bool

    /// Refuses what the model could not predict or score.
    init(_ kind: Kind, _ path: String, _ data: FineTuningData<Kind>, _ maxLength: Int) throws(Failure) {
        (self.kind, head, self.path) = (kind, data.head, path)
        self.maxLength = min(maxLength, data.folder.configuration.maximumPositions)
        records = try kind.read(path, labelled: false)
        isLabelled = records.allSatisfy(\.isLabelled)
        let encoder = SequenceEncoder(data.tokenizer.vocabulary, data.tokenizer.rules, maximumLength: self.maxLength)
        _ = try kind.encode(records, encoder, head, labelled: isLabelled)
    }

    /// Rank 0 calls it.
    func predict(with output: FineTunedFolder, _ results: inout SeedResults, _ pool: LanePool) throws(Failure) {
        let model = try FineTunedModel(
            kind, head, HuggingFaceFolder(output.path), maxLength: maxLength, pool: pool)
        let predictions = try model.predictions(of: records, scored: isLabelled)
        var writer = PredictionWriter(.jsonl)
        let lines = writer.lines(predictions.list).map { $0 + "\n" }.joined()
        try FileAccess.write(Array(lines.utf8), to: "\(output.path)/\(Self.fileName)")
        if let scores = predictions.scores {
            results.test = (path, scores)
            try results.write(to: output.path)
            print("\(path)  \(FineTuning.words(scores))")
        }
        print("\(output.path)/\(Self.fileName): \(counted(predictions.list.count, "prediction"))")
    }
}
