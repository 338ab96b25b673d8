package import ElectraHuggingFace
package import ElectraSupport
package import ElectraTraining

/// A kind of task: how its files are read, how examples become sequences, which head learns them, how what the head says
/// is scored, and told. Each is one file, and stands in `NamedTask.all`.
package protocol TaskKind: Sendable {
    /// An example as it was read.
    associatedtype Record: LabelledRecord
    associatedtype Head: FineTuningHead
    /// What an encoded example is of its record: one may take several windows.
    associatedtype Window: RecordWindow

    /// For --task.
    static var name: String { get }
    /// The first one is the default.
    static var metrics: [String] { get }
    /// What a line of standard input holds.
    static var inputLine: String { get }
    /// The ways to write what is predicted.
    static var formats: [PredictionFormat] { get }

    init(_ options: TaskOptions)

    func read(_ path: String, labelled: Bool) throws(Failure) -> [Record]
    /// The example in a line of standard input; nil where there is none in it.
    func read(_ line: [UInt8], from source: SourceLine) throws(Failure) -> Record?
    /// With the labels that the training examples have.
    func makeHead(from records: [Record]) throws(Failure) -> Head
    /// Of a model that was fine-tuned before; nil where it has a head of another kind.
    func makeHead(_ description: TaskHeadDescription) -> Head?
    /// `labelled` examples get their targets; a label that the head does not know is refused.
    func encode(
        _ records: [Record], _ encoder: SequenceEncoder, _ head: Head, labelled: Bool
    ) throws(Failure) -> EncodedRecords<Window>

    /// What finetune --show-sequences has of an example beside its ids.
    func shown(_ example: EncodedExample) -> [(key: String, value: JSON)]

    func scores(_ outputs: TaskOutputs, of encoded: EncodedRecords<Window>, _ records: [Record], _ head: Head)
        -> Metrics
    /// One for each record.
    func predictions(_ outputs: TaskOutputs, of encoded: EncodedRecords<Window>, _ records: [Record], _ head: Head)
        -> [Prediction]
}

extension TaskKind {
    package func shown(_ example: EncodedExample) -> [(key: String, value: JSON)] { [] }
}

/// What files of a task look like, and how long its sequences may be.
package struct TaskOptions: Sendable {
    package var text = TextColumns()
    package var words = WordColumns()
    /// Tokens that one window has in common with the next; the kind's own if not given.
    package var stride: Int?
    /// Tokens of the longest answer, and of the longest question.
    package var answerLength = 30
    package var questionLength = 64
    /// A question is taken to have no answer where more than this speaks for none.
    package var nullThreshold = Double.infinity

    package init() {}
}

/// What an encoded example is of its record.
package protocol RecordWindow: Sendable {
    /// Its number.
    var record: Int { get }
}

/// All of it.
package struct WholeRecord: RecordWindow {
    package let record: Int
}

/// Records as sequences that fit the network.
package struct EncodedRecords<Window: RecordWindow>: Sendable {
    package var examples: [EncodedExample] = []
    /// One for each of them.
    package var windows: [Window] = []
    /// Records of which something was left out, and how much.
    package var cutRecords = 0
    package var cutTokens = 0

    package init() {}

    package mutating func append(_ example: EncodedExample, _ window: Window) {
        examples.append(example)
        windows.append(window)
    }
}

/// What a head said of each encoded example.
package struct TaskOutputs: Sendable {
    package let values: [Float]
    private let starts: [Int]

    package init(values: [Float], starts: [Int]) {
        self.values = values
        self.starts = starts
    }

    package subscript(example: Int) -> ArraySlice<Float> { values[starts[example]..<starts[example + 1]] }
}

/// What is told of a record, in the ways that its kind of task has.
package struct Prediction: Sendable {
    package let id: String?
    package let json: JSON
    /// In a word, or a few.
    package let word: String
    /// Where it is a number.
    package var value: Double?
    /// Of tagging.
    package var words: [(word: String, tag: String)] = []

    /// The id comes first in `json`.
    package init(id: String?, _ json: [(key: String, value: JSON)], word: String) {
        self.id = id
        self.json = .object((id.map { [(key: "id", value: .text($0))] } ?? []) + json)
        self.word = word
    }
}
