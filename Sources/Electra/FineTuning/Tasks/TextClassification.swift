package import ElectraHuggingFace
package import ElectraSupport
package import ElectraTraining
import Glibc

/// A label for a text, or for two.
package struct TextClassification: TaskKind {
    package static let name = "classification"
    package static let metrics = ["accuracy", "f1", "matthews"]
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

    /// In the order of numbers where all labels are such, else of their bytes.
    package func makeHead(from records: [TextRecord]) throws(Failure) -> SequenceClassificationHead {
        let found = Set(records.compactMap(\.label))
        let labels =
            found.allSatisfy { Int($0) != nil }
            ? found.sorted { Int($0)! < Int($1)! } : found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard labels.count > 1, let first = records.first else {
            let one = labels.first.map { ", found \"\($0)\" alone" } ?? ""
            throw .badData(
                "\(records.first?.source.file ?? "training file"): expected two labels or more\(one); check --label")
        }
        guard labels.count <= 1000 else {
            throw .badData(
                "\(first.source.file): expected up to 1000 labels, found \(labels.count), such as \"\(labels[0])\"; check "
                    + "--label, or learn numbers with --task regression")
        }
        return SequenceClassificationHead(labels: labels, learnsValues: false)
    }

    package func makeHead(_ description: TaskHeadDescription) -> SequenceClassificationHead? {
        description.kind == .sequenceClassification && description.problem == .singleLabel
            ? SequenceClassificationHead(labels: description.labels, learnsValues: false) : nil
    }

    package func encode(
        _ records: [TextRecord], _ encoder: SequenceEncoder, _ head: SequenceClassificationHead, labelled: Bool
    ) throws(Failure) -> EncodedRecords<WholeRecord> {
        let numbers = LabelNumbers(head.description.labels)
        return try records.encoded(encoder) { (record) throws(Failure) in
            labelled ? Float(try numbers.number(of: record.label ?? "", record.source)) : nil
        }
    }

    package func scores(
        _ outputs: TaskOutputs, of encoded: EncodedRecords<WholeRecord>, _ records: [TextRecord],
        _ head: SequenceClassificationHead
    ) -> Metrics {
        let classes = head.description.labels.count
        var confusion = ConfusionMatrix(classes: classes)
        for (number, example) in encoded.examples.enumerated() {
            confusion.add(expected: Int(example.targets[0]), predicted: outputs[number].largest)
        }
        var metrics = Metrics()
        metrics["accuracy"] = confusion.accuracy
        // Of two, the second is what is looked for.
        metrics["f1"] = classes == 2 ? confusion.f1(of: 1) : confusion.macroF1
        metrics["matthews"] = confusion.matthewsCorrelation
        return metrics
    }

    package func predictions(
        _ outputs: TaskOutputs, of encoded: EncodedRecords<WholeRecord>, _ records: [TextRecord],
        _ head: SequenceClassificationHead
    ) -> [Prediction] {
        records.indices.map { number in
            let probabilities = outputs[number].softmax
            let label = head.description.labels[outputs[number].largest]
            let all = zip(head.description.labels, probabilities).map { (key: $0, value: JSON.rounded($1)) }
            return Prediction(
                id: records[number].id, [("label", .text(label)), ("probabilities", .object(all))], word: label)
        }
    }
}

/// The labels of a head, by name.
struct LabelNumbers {
    private let labels: [String]
    private let numbers: [String: Int]

    init(_ labels: [String]) {
        self.labels = labels
        numbers = Dictionary(labels.enumerated().map { ($1, $0) }) { first, _ in first }
    }

    func number(of label: String, _ source: SourceLine) throws(Failure) -> Int {
        if let number = numbers[label] { return number }
        let known = labels.prefix(8).map { "\"\($0)\"" }.joined(separator: ", ") + (labels.count > 8 ? " ..." : "")
        throw source.failure("a label that was not seen in training, \"\(label)\"; expected one of \(known)")
    }
}

extension [TextRecord] {
    /// One sequence for each, read at [CLS].
    func encoded(
        _ encoder: SequenceEncoder, target: (TextRecord) throws(Failure) -> Float?
    ) throws(Failure) -> EncodedRecords<WholeRecord> {
        var encoded = EncodedRecords<WholeRecord>()
        for (number, record) in enumerated() {
            var (example, cut) = encoder.encode(record.text, record.pair)
            example.rows = [0]
            if let target = try target(record) { example.targets = [target] }
            encoded.append(example, WholeRecord(record: number))
            encoded.cutRecords += cut > 0 ? 1 : 0
            encoded.cutTokens += cut
        }
        return encoded
    }
}

extension ArraySlice<Float> {
    /// The place of the largest, from 0; the first of several.
    var largest: Int {
        var best = startIndex
        for place in indices where self[place] > self[best] { best = place }
        return best - startIndex
    }

    var softmax: [Double] {
        let top = Double(self.max() ?? 0)
        let powers = map { exp(Double($0) - top) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }
}
