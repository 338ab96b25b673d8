import ArgumentParser
import Collectives
import ElectraFineTuning
import ElectraSupport
import ElectraTraining

struct FinetuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finetune",
        abstract: "Trains a model on a task: labelled texts, tagged words, questions.",
        discussion: """
            Starts with any ELECTRA model in Hugging Face's format, or with a run of pretrain. Runs alone, or on many ranks, \
            with the same bits:

              electra-dist finetune --model model/discriminator --task classification \\
                --train train.tsv --dev dev.tsv --output sentiment --threads 4

            --task is a kind of task (classification, regression, tagging, question-answering), whose files have columns called \
            text, text_pair, label (or words, tags; or SQuAD's JSON); or a task by its name, which knows its columns, metric and \
            epochs: cola, sst2, mrpc, qqp, stsb, mnli, qnli, rte, wnli, boolq, conll2003, squad, squad2. Texts come as TSV, CSV \
            or JSON lines.

            Settings are the paper's for the size of the model, unless options say otherwise. With --seeds 5 the model is trained \
            five times; the scores on --dev are told one by one and together, and the best model stays. OUTPUT is then a folder \
            that transformers loads, with results.json beside it. The same command again goes on where it stopped.
            """)

    @Option(
        help: ArgumentHelp(
            "A Hugging Face folder of an ELECTRA model, or a run of pretrain.", valueName: "folder"),
        completion: .directory)
    var model: String?

    @Option(
        help: ArgumentHelp("Kind of task, or a task by its name.", valueName: "task"),
        completion: .list(NamedTask.all.map(\.name)))
    var task: String?

    @Option(help: ArgumentHelp("Examples to train on.", valueName: "file"), completion: .file())
    var train: String?

    @Option(help: ArgumentHelp("Examples to score.", valueName: "file"), completion: .file())
    var dev: String?

    @Option(
        help: ArgumentHelp(
            "Examples for the best model to predict, into predictions.jsonl; scored where they have labels.",
            valueName: "file"), completion: .file())
    var test: String?

    @Option(help: ArgumentHelp("The folder of the fine-tuned model.", valueName: "folder"), completion: .directory)
    var output: String?

    @OptionGroup var columns: ColumnOptions

    @Option(help: ArgumentHelp("How many times to train, with seeds from --seed on.", valueName: "count"))
    var seeds = 1

    @Option(help: "The first seed: decides the head's weights, the order of the examples and dropout.")
    var seed = 1

    @Option(help: ArgumentHelp("Times that each example is seen.", valueName: "count"))
    var epochs: Double?

    @Option(help: ArgumentHelp("Examples in a step, over all ranks.", valueName: "count"))
    var batch: Int?

    @Option(help: ArgumentHelp("Highest learning rate, at the head.", valueName: "rate"))
    var learningRate: Double?

    @Option(
        help: ArgumentHelp(
            "What the learning rate is multiplied by from each layer to the one below it; 1 for one rate everywhere.",
            valueName: "factor"))
    var layerDecay: Double?

    @Option(
        help: ArgumentHelp("Steps until the highest learning rate, or their share of all steps.", valueName: "steps"))
    var warmup: String?

    @Option(help: ArgumentHelp("Longest sequence in tokens; what is longer is cut.", valueName: "tokens"))
    var maxLength: Int?

    @Option(
        help: ArgumentHelp("Tokens that windows of a long text have in common.", valueName: "tokens"))
    var stride: Int?

    @Option(help: ArgumentHelp("The score that decides which seed is best.", valueName: "name"))
    var metric: String?

    @Option(
        help: ArgumentHelp("Parts that a step is divided into; ranks x threads can be as many.", valueName: "count"))
    var slices: Int?

    @Option(help: ArgumentHelp("Threads of each rank.", valueName: "count"))
    var threads: Int?

    @Option(
        help: "Precision of the matrix products: f32, or bf16 or bf16x3 where the CPU has it.", completion: .precision)
    var precision: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Sets any field of the run; may be repeated.", valueName: "field=value"),
        completion: .fineTuningField)
    var assignments: [String] = []

    @Flag(help: "Print what the network would read of --train, a JSON object a sequence, and stop.")
    var showSequences = false

    @Flag(help: "Show all fields and what they mean, and stop. OUTPUT/seed-1/run.json has their values.")
    var listFields = false

    func run() throws {
        if listFields {
            for field in FineTuningConfiguration.fields { print("\(field.key)\n    \(field.meaning)") }
            return
        }
        if showSequences {
            return try runCommand { () throws(Failure) in try FineTuning.showSequences(makeRequest()) { print($0) } }
        }
        try runDistributed { communicator in
            var request = try communicator.together {
                guard dev != nil && output != nil else {
                    throw Failure.usage(
                        "--dev and --output are needed, beside --train: examples to score, and a folder")
                }
                return try makeRequest()
            }
            request.model = try communicator.encoderFolder(
                of: request.model, exportedTo: "\(request.output)/\(FineTunedFolder.encoderName)")
            _ = try FineTuning.run(request, over: communicator)
        }
    }

    /// What is needed is checked here and not by the parser, which would say it of a mistyped option, too.
    private func makeRequest() throws(Failure) -> FineTuningRequest {
        guard let model, let task, let train else {
            throw .usage(
                "--model, --task and --train are needed: electra-dist finetune --model MODEL --task TASK --train FILE "
                    + "--dev FILE --output FOLDER")
        }
        guard (1...1000).contains(seeds) else { throw .usage("--seeds \(seeds): expected 1 to 1000") }
        guard (0...Int(Int32.max)).contains(seed) else {
            throw .usage("--seed \(seed): expected 0 to \(Int32.max)")
        }
        var request = FineTuningRequest(
            task: task, model: model, train: train, dev: dev ?? train, output: output ?? "")
        request.test = test
        request.columns = columns.chosen
        request.seeds = (0..<seeds).map { UInt64(seed + $0) }
        (request.maxLength, request.stride, request.metric) = (maxLength, stride, metric)
        request.settings = try settings()
        return request
    }

    private func settings() throws(Failure) -> [(key: String, value: ConfigurationValue)] {
        let flags: [(String, ConfigurationValue?)] = [
            ("epochs", epochs.map { .number($0) }), ("batch", batch.map { .integer($0) }),
            ("learning_rate", learningRate.map { .number($0) }), ("layer_decay", layerDecay.map { .number($0) }),
            ("warmup", warmup.map { .init(parsing: $0) }), ("slices", slices.map { .integer($0) }),
            ("threads", threads.map { .integer($0) }), ("precision", precision.map { .text($0) }),
        ]
        var settings = flags.compactMap { key, value in value.map { (key: key, value: $0) } }
        for assignment in assignments { settings.append(try fieldAssignment(assignment)) }
        return settings
    }
}
