import ArgumentParser
package import ElectraFineTuning
import ElectraSupport

extension FrozenVectorsHead.Vectors: ExpressibleByArgument {}

struct ProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Measures what an encoder knows of a task, without training it.",
        discussion: """
            Each text goes through the encoder once, and a linear function of its vector is fitted to the labels of the training \
            examples: logistic regression for classes, ridge regression for numbers, to the end and without chance. That takes \
            minutes, and tells which of several models, or of the checkpoints of a run, knows most of the task; fine-tuning \
            gives higher scores. --model may be repeated, for a table with a row for each:

              electra-dist probe --model step-1000 --model step-2000 --task cola --train CoLA/train.tsv --dev CoLA/dev.tsv

            Tasks, files and columns are those of finetune, question-answering excepted. Pairs of texts go through together, and \
            in tagging a word is read at its first token. Vectors are brought to mean 0 and deviation 1 on the training \
            examples first.
            """)

    @Option(
        help: ArgumentHelp(
            "A folder that export wrote, or an ELECTRA model as Hugging Face transformers saves it; may be repeated.",
            valueName: "folder"), completion: .directory)
    var model: [String]

    @Option(
        help: ArgumentHelp("Kind of task, or a task by its name.", valueName: "task"),
        completion: .list(NamedTask.all.map(\.name)))
    var task: String

    @Option(help: ArgumentHelp("Examples to train on.", valueName: "file"), completion: .file())
    var train: String

    @Option(help: ArgumentHelp("Examples to score.", valueName: "file"), completion: .file())
    var dev: String

    @OptionGroup var columns: ColumnOptions

    @Option(help: "What stands for a text: the vector at [CLS], or the mean over all its tokens.")
    var vectors = FrozenVectorsHead.Vectors.mean

    @Option(
        help: ArgumentHelp(
            "Penalty of large weights: half of it, times their squares, is added to the sum of the losses.",
            valueName: "weight"))
    var l2 = 1.0

    @Option(help: ArgumentHelp("Longest sequence in tokens; what is longer is cut.", valueName: "tokens"))
    var maxLength: Int?

    @OptionGroup var threading: ThreadOptions

    func validate() throws {
        guard l2 > 0, l2.isFinite else { throw ValidationError("--l2 \(l2): expected more than 0") }
        if let maxLength, !(8...1 << 20).contains(maxLength) {
            throw ValidationError("--max-length \(maxLength): expected 8 to \(1 << 20)")
        }
    }

    func run() throws {
        try runDistributed { communicator in
            var request = ProbeRequest(task: task, models: model, train: train, dev: dev)
            request.columns = columns.chosen
            (request.vectors, request.l2, request.maxLength) = (vectors, l2, maxLength)
            request.threads = try communicator.together { try threading.count() }
            try Probe.run(request, over: communicator)
        }
    }
}
