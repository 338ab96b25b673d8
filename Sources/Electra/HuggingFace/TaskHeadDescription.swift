import ElectraSupport

/// The head of a fine-tuned model, as config.json describes it.
package struct TaskHeadDescription: Sendable, Equatable {
    /// The classes of transformers that hold one.
    package enum Kind: String, Sendable, CaseIterable {
        case sequenceClassification = "ElectraForSequenceClassification"
        case tokenClassification = "ElectraForTokenClassification"
        case questionAnswering = "ElectraForQuestionAnswering"
    }

    package enum Problem: String, Sendable, CaseIterable {
        case regression
        case singleLabel = "single_label_classification"
        case multiLabel = "multi_label_classification"
    }

    package var kind: Kind
    /// What each output stands for; none of question answering, where they are start and end.
    package var labels: [String]
    /// Of sequence classification.
    package var problem: Problem?

    package init(_ kind: Kind, labels: [String], problem: Problem?) {
        self.kind = kind
        self.labels = labels
        self.problem = problem
    }

    var json: [(key: String, value: JSON)] {
        if labels.isEmpty { return [] }
        let numbered = labels.enumerated()
        let names: [(key: String, value: JSON)] = [
            (key: "id2label", value: .object(numbered.map { (key: "\($0)", value: .text($1)) })),
            (key: "label2id", value: .object(numbered.map { (key: $1, value: .integer($0)) })),
        ]
        return names + (problem.map { [(key: "problem_type", value: .text($0.rawValue))] } ?? [])
    }

    /// nil for a model without such a head. transformers calls labels that have no name LABEL_0, LABEL_1; without any it
    /// takes there to be two.
    init?(architecture: String?, _ file: JSONObjectFile) throws(Failure) {
        guard let kind = architecture.flatMap(Kind.init(rawValue:)) else { return nil }
        let names = file.object["id2label"]?.members ?? []
        let count = names.isEmpty ? try file.integer("num_labels", default: 2) : names.count
        guard (1...1 << 20).contains(count) else {
            throw .badData("\(file.path): expected a count of labels as \"num_labels\", found \(count)")
        }
        var labels = (0..<count).map { "LABEL_\($0)" }
        for (key, value) in names {
            guard let number = Int(key), labels.indices.contains(number), let name = value.text else {
                throw .badData(
                    "\(file.path): expected labels from \"0\" to \"\(count - 1)\" in \"id2label\", found \"\(key)\": "
                        + "\(value.compact); is the file damaged?")
            }
            labels[number] = name
        }
        let word = try file.text("problem_type", default: "")
        // As transformers finds it out.
        let problem = Problem(rawValue: word) ?? (labels.count == 1 ? .regression : .singleLabel)
        self.init(
            kind, labels: kind == .questionAnswering ? [] : labels,
            problem: kind == .sequenceClassification ? problem : nil)
    }
}
