import ArgumentParser
import Collectives
import ElectraFineTuning
import ElectraSupport
import ElectraTraining

/// What `evaluate` does where it is given tasks: fine-tunes models on all of them, and puts their scores into a table.
struct EvaluatedTasks: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Fine-tune --model on all tasks of this folder instead, which is shaped as GLUE: CoLA/train.tsv, CoLA/dev.tsv ...",
            valueName: "folder"), completion: .directory)
    var tasks: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Hugging Face folders of ELECTRA models, or runs of pretrain, to be fine-tuned.", valueName: "folder"),
        completion: .directory)
    var model: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("More of them, for columns beside those of --model.", valueName: "folder"),
        completion: .directory)
    var compare: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where scores.md and scores.json go, and the fine-tuned models, MODEL/TASK.", valueName: "folder"),
        completion: .directory)
    var output: String?

    @Option(
        help: ArgumentHelp("One task of --tasks; may be repeated. All of them if not given.", valueName: "name"))
    var only: [String] = []

    @Option(help: ArgumentHelp("How many times to train on each task; 3 if not given.", valueName: "count"))
    var seeds: Int?

    @Option(
        help: ArgumentHelp("Times that each example is seen; the task's own if not given.", valueName: "count"))
    var epochs: Double?

    @Option(
        help: "Precision of the matrix products: f32, or bf16 or bf16x3 where the CPU has it.", completion: .precision)
    var precision: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Sets any field of all fine-tuning runs; may be repeated.", valueName: "field=value"),
        completion: .fineTuningField)
    var assignments: [String] = []

    /// What was given that is of no use without --tasks.
    var given: String? {
        let options = [
            ("--model", !model.isEmpty), ("--compare", !compare.isEmpty), ("--output", output != nil),
            ("--only", !only.isEmpty), ("--seeds", seeds != nil), ("--epochs", epochs != nil),
            ("--precision", precision != nil), ("--set", !assignments.isEmpty),
        ]
        return options.first { $0.1 }?.0
    }

    func run(on folder: String, threads: Int, over communicator: Communicator) throws {
        var (comparison, notes) = try communicator.together { try request(on: folder, threads: threads) }
        if communicator.rank == 0 { notes.forEach { ProgressLine.note("note: \($0)") } }
        for (index, model) in comparison.models.enumerated() {
            comparison.models[index].folder = try communicator.encoderFolder(
                of: model.path, exportedTo: "\(comparison.folder(of: model))/\(FineTunedFolder.encoderName)")
        }
        let table = try comparison.run(over: communicator)
        guard communicator.rank == 0 else { return }
        print("\(table.markdown)\n")
        print("\(comparison.output): \(ScoreTable.textName), \(ScoreTable.jsonName)")
    }

    /// And what of the folder is passed over.
    private func request(on folder: String, threads: Int) throws(Failure) -> (Comparison, notes: [String]) {
        guard !model.isEmpty, let output else {
            throw .usage("--tasks \(folder): needs --model and --output, too: models to fine-tune, and a folder")
        }
        let seeds = seeds ?? 3
        guard (1...1000).contains(seeds) else { throw .usage("--seeds \(seeds): expected 1 to 1000") }
        let found = try TaskFolder(folder, only: only)
        var comparison = Comparison(
            try ComparedModel.named(model + compare), on: found.tasks, output: output,
            seeds: (1...seeds).map { UInt64($0) })
        comparison.settings = try settings(threads: threads)
        for model in comparison.models {
            guard let own = FileAccess.identity(of: model.path),
                own == FileAccess.identity(of: comparison.folder(of: model))
            else { continue }
            throw .usage(
                "--output \(output): what is made of \(model.path) would go into that folder itself; name another --output"
            )
        }
        return (comparison, found.notes)
    }

    private func settings(threads: Int) throws(Failure) -> [(key: String, value: ConfigurationValue)] {
        var settings: [(key: String, value: ConfigurationValue)] = [("threads", .integer(threads))]
        if let epochs { settings.append(("epochs", .number(epochs))) }
        if let precision { settings.append(("precision", .text(precision))) }
        for assignment in assignments { settings.append(try fieldAssignment(assignment)) }
        return settings
    }
}
