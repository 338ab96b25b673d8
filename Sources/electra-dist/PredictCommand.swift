import ArgumentParser
import ElectraCorpus
import ElectraFineTuning
import ElectraKernels
import ElectraSupport
import ElectraTraining

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "What a fine-tuned model says of new examples.",
        discussion: """
            Takes a folder that finetune wrote, or one of transformers with a head for a label or a number a text, a tag a word, \
            or answers to questions. Examples come from files, which look as those of finetune but need no labels, or line by \
            line from standard input, which is answered as it comes:

              electra-dist predict --model sentiment test.tsv > predictions.jsonl
              echo "a fine film" | electra-dist predict --model sentiment --format tsv

            A line of standard input is a text, or two with a tab between them; a sentence, its words separated by spaces; or a \
            JSON object with question and context, and an id where you like.

            --format is jsonl (all that is known), tsv (id or number, and the prediction), and of some tasks glue (to be sent to \
            GLUE), conll (word and tag) or squad (for SQuAD's scripts). Texts go through the model a few at a time; which ones \
            go together may show in the last digit of a probability, so that a file and standard input may differ there.
            """)

    @Argument(
        help: ArgumentHelp("Files of examples; standard input if none is named.", valueName: "file"),
        completion: .file())
    var files: [String] = []

    @Option(
        help: ArgumentHelp(
            "A folder that finetune wrote, or a fine-tuned ELECTRA model as transformers saves it.",
            valueName: "folder"), completion: .directory)
    var model: String

    @Option(
        help: ArgumentHelp(
            "The task whose columns the files have; the one that the model was fine-tuned for if not given.",
            valueName: "task"), completion: .list(NamedTask.all.map(\.name)))
    var task: String?

    @OptionGroup var columns: ColumnOptions

    @Option(help: ArgumentHelp("How predictions are written.", valueName: "format"))
    var format: PredictionFormat?

    @Flag(help: "Compare the predictions with the labels of the files, and print the scores on standard error.")
    var score = false

    @Option(
        help: ArgumentHelp(
            "Answers are empty where null_odds exceed it; for models that learnt from questions without an answer.",
            valueName: "odds"))
    var nullThreshold: Double?

    @Option(
        help: ArgumentHelp(
            "Longest sequence in tokens; what is longer is cut. What the model was fine-tuned with if not given.",
            valueName: "tokens"))
    var maxLength: Int?

    @Option(help: ArgumentHelp("Tokens that windows of a long text have in common.", valueName: "tokens"))
    var stride: Int?

    @OptionGroup var threading: ThreadOptions

    func validate() throws {
        if score && files.isEmpty {
            throw ValidationError("--score: a file with labels is needed; standard input has none")
        }
    }

    func run() throws {
        try runAsOneProcess { () throws(Failure) in
            let threads = try threading.count()
            try MatrixLibrary.requireMemory(threads: threads)
            let pool = try LanePool(count: threads)
            defer { pool.stop() }
            let model = try request.open(pool)
            var output = PredictionOutput(model)
            for file in files {
                let predictions = try model.predictor.predictions(ofFile: file, scored: score)
                try output.add(predictions)
                if let scores = predictions.scores { ProgressLine.note("\(file)  \(FineTuning.words(scores))") }
            }
            if files.isEmpty { try predictLines(model, threads: threads, &output) }
            try output.finish()
        }
    }

    private var request: PredictionRequest {
        var request = PredictionRequest(model: model)
        (request.task, request.columns, request.format) = (task, columns.chosen, format)
        (request.maxLength, request.stride, request.nullThreshold) = (maxLength, stride, nullThreshold)
        return request
    }

    private func predictLines(
        _ model: OpenedModel, threads: Int, _ output: inout PredictionOutput
    ) throws(Failure) {
        try StandardInput(longestLine: 16 << 20).forEachBatch(
            of: "each line \(model.kind.inputLine)", threads: threads,
            makeWorker: { model.predictor.makeLinePredictor() },
            work: { predictor, lines, before in predictor.predictions(of: lines, after: before) },
            consume: { (predictions: Predictions) throws(Failure) in try output.add(predictions) })
    }
}

extension PredictionFormat: ExpressibleByArgument {}

/// What was predicted, on standard output; and what is to be noted about it.
private struct PredictionOutput {
    private let maximumLength: Int
    private var writer: PredictionWriter
    private var cut = 0
    private var unknown = UnknownTally()

    init(_ model: OpenedModel) {
        maximumLength = model.predictor.maximumLength
        writer = PredictionWriter(model.format)
    }

    mutating func add(_ predictions: Predictions) throws(Failure) {
        cut += predictions.cut
        unknown += predictions.unknown
        try write(writer.lines(predictions.list))
        if let failure = predictions.failure { throw failure }
    }

    mutating func finish() throws(Failure) {
        try write(writer.closing())
        if cut > 0 {
            ProgressLine.note(
                "note: \(counted(cut, "text")) cut at \(maximumLength) tokens; a longer --max-length takes more in, up to what "
                    + "the model has")
        }
        if let note = unknown.note(UnknownTally.remedyForModels) { ProgressLine.note(note) }
    }

    private func write(_ lines: [String]) throws(Failure) {
        if !lines.isEmpty { try StandardOutput.printNow(lines.joined(separator: "\n")) }
    }
}
