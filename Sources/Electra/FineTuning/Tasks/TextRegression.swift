package import ElectraHuggingFace
package import ElectraSupport
package import ElectraTraining

/// A number for a text, or for two, such as how alike they are.
package struct TextRegression: TaskKind {
    package static let name = "regression"
    package static let metrics = ["pearson", "spearman", "mse"]
    package static let inputLine = TextRecord.inputLine
    package static let formats = [PredictionFormat.jsonl, .tsv, .glue]

    private let columns: TextColumns

    package init(_ options: TaskOptions) { columns = options.text }

    package func read(_ path: String, labelled: Bool) throws(Failure) -> [TextRecord] {
        try TextFile.read(path, columns, needsLabel: labelled)
    }

    package func read(_ line: [UInt8], from source: SourceLine) throws(Failure) -> TextRecord? {
        try TextRecord(line: line, source)
    }

    package func makeHead(from records: [TextRecord]) -> SequenceClassificationHead {
        SequenceClassificationHead(labels: ["LABEL_0"], learnsValues: true)
    }

    package func makeHead(_ description: TaskHeadDescription) -> SequenceClassificationHead? {
        description.kind == .sequenceClassification && description.problem == .regression
            && description.labels.count == 1
            ? SequenceClassificationHead(labels: description.labels, learnsValues: true) : nil
    }

    package func encode(
        _ records: [TextRecord], _ encoder: SequenceEncoder, _ head: SequenceClassificationHead, labelled: Bool
    ) throws(Failure) -> EncodedRecords<WholeRecord> {
        try records.encoded(encoder) { (record) throws(Failure) in
            guard labelled else { return nil }
            guard let value = Float(record.label ?? ""), value.isFinite else {
                throw record.source.failure(
                    "expected a number as label, found \"\(record.label ?? "")\"; words are learnt with --task classification"
                )
            }
            return value
        }
    }

    package func scores(
        _ outputs: TaskOutputs, of encoded: EncodedRecords<WholeRecord>, _ records: [TextRecord],
        _ head: SequenceClassificationHead
    ) -> Metrics {
        let expected = encoded.examples.map { Double($0.targets[0]) }
        let predicted = encoded.examples.indices.map { Double(outputs[$0].first ?? .nan) }
        let squares = zip(expected, predicted).map { ($0 - $1) * ($0 - $1) }
        var metrics = Metrics()
        metrics["pearson"] = Correlation.pearson(expected, predicted)
        metrics["spearman"] = Correlation.spearman(expected, predicted)
        metrics["mse"] = squares.reduce(0, +) / Double(max(squares.count, 1))
        return metrics
    }

    package func predictions(
        _ outputs: TaskOutputs, of encoded: EncodedRecords<WholeRecord>, _ records: [TextRecord],
        _ head: SequenceClassificationHead
    ) -> [Prediction] {
        records.indices.map { number in
            let value = outputs[number].first ?? .nan
            var prediction = Prediction(id: records[number].id, [("value", .float(value))], word: "\(value)")
            prediction.value = Double(value)
            return prediction
        }
    }
}
