package import ElectraSupport

/// A task by its name: a kind, with the columns of its files and the settings of the paper.
package struct NamedTask: Sendable {
    package let name: String
    package let kind: any TaskKind.Type
    /// Those of its files; nil for a kind alone, whose files have columns by the usual names.
    private let text: TextColumns?
    package let metric: String?
    package let epochs: Double?
    package let maxLength: Int

    private init(
        _ name: String, _ kind: any TaskKind.Type, _ text: TextColumns? = nil, metric: String? = nil,
        epochs: Double? = nil, maxLength: Int = 128
    ) {
        self.name = name
        self.kind = kind
        self.text = text
        self.metric = metric
        self.epochs = epochs
        self.maxLength = maxLength
    }

    /// The kinds, then the tasks. Columns as in the official files of GLUE.
    package static let all: [NamedTask] = [
        NamedTask(TextClassification.name, TextClassification.self),
        NamedTask(TextRegression.name, TextRegression.self),
        NamedTask(WordTagging.name, WordTagging.self),
        NamedTask(QuestionAnswering.name, QuestionAnswering.self, epochs: 2, maxLength: 384),
        NamedTask(
            "cola", TextClassification.self, TextColumns(text: .number(4), label: .number(2)), metric: "matthews"),
        NamedTask("sst2", TextClassification.self, TextColumns(text: .named("sentence"), label: .named("label"))),
        NamedTask(
            "mrpc", TextClassification.self,
            TextColumns(text: .named("#1 String"), pair: .named("#2 String"), label: .named("Quality"))),
        NamedTask(
            "qqp", TextClassification.self,
            TextColumns(text: .named("question1"), pair: .named("question2"), label: .named("is_duplicate"))),
        NamedTask(
            "stsb", TextRegression.self,
            TextColumns(text: .named("sentence1"), pair: .named("sentence2"), label: .named("score")),
            metric: "spearman", epochs: 10),
        NamedTask(
            "mnli", TextClassification.self,
            TextColumns(text: .named("sentence1"), pair: .named("sentence2"), label: .named("gold_label"))),
        NamedTask(
            "qnli", TextClassification.self,
            TextColumns(text: .named("question"), pair: .named("sentence"), label: .named("label"))),
        NamedTask(
            "rte", TextClassification.self,
            TextColumns(text: .named("sentence1"), pair: .named("sentence2"), label: .named("label")), epochs: 10),
        NamedTask(
            "wnli", TextClassification.self,
            TextColumns(text: .named("sentence1"), pair: .named("sentence2"), label: .named("label"))),
        NamedTask(
            "boolq", TextClassification.self,
            TextColumns(text: .named("question"), pair: .named("passage"), label: .named("answer")), epochs: 10,
            maxLength: 256),
        NamedTask("conll2003", WordTagging.self),
        NamedTask("squad", QuestionAnswering.self, epochs: 2, maxLength: 384),
        NamedTask("squad2", QuestionAnswering.self, epochs: 2, maxLength: 384),
    ]

    package static func find(_ name: String) throws(Failure) -> NamedTask {
        if let task = all.first(where: { $0.name == name }) { return task }
        let meant = closest(to: name, of: all.map(\.name)).map { " (did you mean \($0)?)" } ?? ""
        throw .usage("--task \(name): expected one of \(all.map(\.name).joined(separator: ", "))\(meant)")
    }

    /// What its files look like, but for the columns that were named; `stride` is the kind's own where it is nil.
    func options(_ chosen: ChosenColumns, stride: Int? = nil) -> TaskOptions {
        var options = TaskOptions()
        options.stride = stride
        options.text = text ?? TextColumns()
        if let column = chosen.text { options.text.text = column }
        if let column = chosen.pair { options.text.pair = column }
        if let column = chosen.label { options.text.label = column }
        if let column = chosen.id { options.text.id = column }
        if let header = chosen.header { options.text.header = header }
        options.words = WordColumns(words: chosen.words, tags: chosen.tags)
        return options
    }
}

/// Columns that somebody named.
package struct ChosenColumns: Sendable {
    package var text: Column?
    package var pair: Column?
    package var label: Column?
    package var id: Column?
    package var words: Column?
    package var tags: Column?
    package var header: Bool?

    package init() {}
}
