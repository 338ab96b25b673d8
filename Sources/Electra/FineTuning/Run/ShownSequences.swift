import ElectraHuggingFace
package import ElectraSupport

extension FineTuning {
    /// What a network would read of the training examples, a JSON object a sequence: which record and which of its windows,
    /// ids, the length of the first segment, and for tagging the rows of the words, for answers where they start and end.
    package static func showSequences(
        _ request: FineTuningRequest, _ show: (String) -> Void
    ) throws(Failure) {
        let task = try NamedTask.find(request.task)
        let options = task.options(request.columns, stride: request.stride)
        try showSequences(task.kind.init(options), request, maxLength: request.maxLength ?? task.maxLength, show)
    }

    private static func showSequences<Kind: TaskKind>(
        _ kind: Kind, _ request: FineTuningRequest, maxLength: Int, _ show: (String) -> Void
    ) throws(Failure) {
        let data = try FineTuningData(
            kind, model: HuggingFaceFolder(request.model), train: request.train, dev: request.train,
            maxLength: maxLength)
        let encoded = data.train.encoded
        var (record, window) = (-1, 0)
        for (example, place) in zip(encoded.examples, encoded.windows) {
            window = place.record == record ? window + 1 : 0
            record = place.record
            var members: [(key: String, value: JSON)] = [
                (key: "example", value: .integer(record)), (key: "window", value: .integer(window)),
                (key: "ids", value: .list(example.ids.map { .integer(Int($0)) })),
                (key: "first_segment", value: .integer(example.firstSegmentLength)),
            ]
            members += kind.shown(example)
            show(JSON.object(members).compact)
        }
    }
}
