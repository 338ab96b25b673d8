import ArgumentParser
import Collectives
import ElectraCorpus
import ElectraPretraining
import ElectraSupport
import ElectraTraining

struct PretrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pretrain",
        abstract: "Trains generator and discriminator on a prepared corpus.",
        discussion: """
            Runs alone, or on many ranks:

              electra-dist pretrain --data data --run run --preset small --threads 4
              mpirun -np 8 electra-dist pretrain --data data --run run --preset small

            The result has the same bits for any number of ranks and threads. The same command again goes on from the \
            newest checkpoint; SIGINT, SIGTERM and SIGUSR1 finish the step, save, and leave with exit code 75.

            A preset sets every field of a new run; --config, then options and --set change single ones. RUN/run.json \
            records what came out, and the run goes on with that: options other than --data and --run need not be given \
            again, and may only change threads, checkpoints, evaluation and logging. --list-fields explains each field; \
            with --run, of a run that was started, it shows that run's values.

            How long? --steps and --warmup say it, or --minutes finds out how many steps fit a time on this machine, --flops \
            how many a number of operations, to compare objectives (--set objective=mlm) at equal compute. The \
            learning rate reaches zero with the last step, so a run ends there: more steps are a new run from it:

              electra-dist pretrain --data longer --run second --from-run run --steps 10000 --batch 32
            """)

    @Option(help: ArgumentHelp("A folder made by electra-dist prepare.", valueName: "folder"), completion: .directory)
    var data: String?

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp("The folder of the run: run.json, metrics.jsonl, checkpoints/.", valueName: "folder"),
        completion: .directory)
    var runPath: String?

    @Option(
        help: ArgumentHelp(
            "Where all fields of a new run start: \(RunConfiguration.presetNames.joined(separator: ", ")); small if not given.",
            valueName: "name"), completion: .list(RunConfiguration.presetNames))
    var preset: String?

    @Option(
        help: ArgumentHelp(
            "A JSON file of fields that differ from the preset, such as the run.json of another run.",
            valueName: "file"), completion: .file(extensions: ["json"]))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Start with this discriminator, a Hugging Face folder; the run's sizes are then those of the folder.",
            valueName: "folder"), completion: .directory)
    var fromDiscriminator: String?

    @Option(help: ArgumentHelp("Start with this generator, likewise.", valueName: "folder"), completion: .directory)
    var fromGenerator: String?

    @Option(
        help: ArgumentHelp(
            "Start from the newest checkpoint of this run, or from a checkpoint, with all fields that the run had and are not given; the text must have its vocabulary.",
            valueName: "run"), completion: .directory)
    var fromRun: String?

    @Flag(help: "With --from-run: the optimiser goes on with its moments.")
    var keepMoments = false

    @Option(
        help: ArgumentHelp("Updates until the learning rate is zero and the run ends.", valueName: "count"))
    var steps: Int?

    @Option(
        help: ArgumentHelp(
            "Of a new run, in the place of --steps: as many as take so long here, found by measuring some. They stay when it goes on.",
            valueName: "minutes"))
    var minutes: Double?

    @Option(
        help: ArgumentHelp(
            "Of a new run, in the place of --steps: as many as take so many operations, such as 1e15, on this text. To compare objectives and sizes at equal compute.",
            valueName: "operations"))
    var flops: Double?

    @Option(help: ArgumentHelp("Sequences in a step, over all ranks.", valueName: "count"))
    var batch: Int?

    @Option(
        help: ArgumentHelp(
            "Parts that a step is divided into; they must divide the batch, and ranks x threads can be as many.",
            valueName: "count"))
    var slices: Int?

    @Option(help: ArgumentHelp("Threads of each rank; 1 in a new run, as before in another.", valueName: "count"))
    var threads: Int?

    @Option(
        help:
            "Precision of the matrix products: f32, as in a new run if not given, or bf16 or bf16x3 where the CPU has it.",
        completion: .precision)
    var precision: String?

    @Option(help: "Decides all that is random: weights, order of the data, masks, samples, dropout.")
    var seed: Int?

    @Option(help: ArgumentHelp("Highest learning rate, reached after the warm-up.", valueName: "rate"))
    var learningRate: Double?

    @Option(
        help: ArgumentHelp(
            "Steps until the highest learning rate, or their share of all steps, such as 5%.", valueName: "steps"))
    var warmup: String?

    @Option(help: ArgumentHelp("Steps between checkpoints.", valueName: "steps"))
    var saveEvery: Int?

    @Option(help: ArgumentHelp("Steps between held-out evaluations; 0 for none.", valueName: "steps"))
    var evaluateEvery: Int?

    @Option(help: ArgumentHelp("Steps between lines of metrics.jsonl.", valueName: "steps"))
    var logEvery: Int?

    @Option(help: ArgumentHelp("Newest checkpoints that are kept; 0 for all.", valueName: "count"))
    var keep: Int?

    @Option(
        help:
            "At a step whose loss or gradient is no number: stop, as if not given, or skip it, where some of its sequences are the reason.",
        completion: .list(["stop", "skip"]))
    var onNonfinite: String?

    @Option(
        help: ArgumentHelp(
            "Seconds without a word from another rank after which it is taken for gone and the run ends (default: 600; 0: never).",
            valueName: "seconds"))
    var stepTimeout: Int?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Sets any field of the run; may be repeated.", valueName: "field=value"), completion: .field)
    var assignments: [String] = []

    @Flag(
        help:
            "Show all fields, what they mean, and the values that this command would train with (vocabulary_size comes from the data), and stop."
    )
    var listFields = false

    func run() throws {
        if listFields {
            return try runCommand { () throws(Failure) in
                try checkLength()
                try printFields()
            }
        }
        try runDistributed { communicator in
            try checkLength()
            // Checked here and not by the parser, which would say it of a mistyped option, too.
            guard let data, let runPath else {
                throw Failure.usage("--data and --run are needed: electra-dist pretrain --data DATA --run RUN")
            }
            let folder = RunFolder(runPath)
            let dataSet = try DataSet.open(data, on: communicator)
            let initialWeights = try communicator.together {
                try weightsToStartFrom()
            }
            func resolve(_ found: [(key: String, value: ConfigurationValue)] = []) throws -> RunConfiguration {
                try RunConfiguration.agreed(on: communicator) {
                    try folder.resolve(
                        preset: preset, initialWeights: initialWeights, file: config, options: found + options(),
                        data: dataSet)
                }
            }
            var configuration = try resolve()
            if let minutes {
                let budget = try timeBudget(minutes, of: folder, configuration, dataSet, communicator)
                if let budget { configuration = try resolve(budget.options) }
                if let budget, communicator.rank == 0 { print(budget.line(configuration)) }
            }
            if let flops, try isNew(folder, configuration, "--flops", communicator) {
                let budget = try communicator.together {
                    try ComputeBudget(flops: flops, run: configuration, data: dataSet)
                }
                configuration = try resolve(budget.options)
                if communicator.rank == 0 { print(budget.line(flops: flops, configuration)) }
            }
            let run = try Pretraining.run(
                configuration, folder: folder, data: dataSet, initialWeights: initialWeights, communicator: communicator
            )
            try run.run()
            if communicator.rank == 0 { print("parameters \(run.fingerprint)") }
        }
    }

    /// How long a new run is to be; nil for one that was started, whose length stays.
    private func timeBudget(
        _ minutes: Double, of folder: RunFolder, _ run: RunConfiguration, _ data: DataSet, _ communicator: Communicator
    ) throws -> TimeBudget? {
        guard try isNew(folder, run, "--minutes", communicator) else { return nil }
        func note(_ text: String) { if communicator.rank == 0 { ProgressLine.note(text) } }
        note("note: measuring how long a step takes")
        let budget = try TimeBudget.measure(run, minutes: minutes, data: data, communicator: communicator)
        if let text = budget.note { note(text) }
        return budget
    }

    /// As rank 0 finds it: others may see an older state of a network file system.
    private func isNew(
        _ folder: RunFolder, _ run: RunConfiguration, _ option: String, _ communicator: Communicator
    ) throws -> Bool {
        let isNew = try communicator.broadcast(Int64(folder.exists ? 0 : 1), from: 0) == 1
        if !isNew && communicator.rank == 0 {
            ProgressLine.note(
                "note: \(folder.path): this run has \(run.steps) steps since it was started; \(option) is for new ones")
        }
        return isNew
    }

    /// Beside --steps, or where nothing is measured, minutes and operations are nothing.
    private func checkLength() throws(Failure) {
        if let flops { try checkFlops(flops) }
        guard let minutes else { return }
        guard TimeBudget.minutes.contains(minutes) else {
            throw .usage(
                "--minutes \(minutes): expected more than 0, and at most \(Int(TimeBudget.minutes.upperBound))")
        }
        if let steps = try givenSteps() {
            throw .usage(
                "--minutes \(minutes): finds out the steps, and --steps \(steps) was given, too; leave one of them out")
        }
        if listFields {
            throw .usage("--minutes \(minutes): what comes of it is measured by a run, and not listed; leave it out")
        }
    }

    private func checkFlops(_ flops: Double) throws(Failure) {
        guard ComputeBudget.flops.contains(flops) else {
            throw .usage("--flops \(flops): expected a number of operations, such as 1e15")
        }
        let steps = try givenSteps()
        if let other = minutes.map({ "--minutes \($0)" }) ?? steps.map({ "--steps \($0)" }) {
            throw .usage("--flops \(flops): finds out the steps, and \(other) was given, too; leave one of them out")
        }
        if listFields {
            throw .usage("--flops \(flops): what comes of it depends on the text, and is not listed; leave it out")
        }
    }

    private func weightsToStartFrom() throws(Failure) -> InitialWeights? {
        try InitialWeights(
            discriminator: fromDiscriminator, generator: fromGenerator, run: fromRun, keepsMoments: keepMoments)
    }

    private func givenSteps() throws(Failure) -> String? {
        try options().first { $0.key == "steps" }?.value.word
    }

    private func printFields() throws(Failure) {
        let initialWeights = try weightsToStartFrom()
        let values =
            if let runPath {
                try RunFolder(runPath).resolve(
                    preset: preset, initialWeights: initialWeights, file: config, options: options(), data: nil)
            } else {
                try RunConfiguration.resolve(
                    preset: preset, initialWeights: initialWeights, file: config, options: options())
            }
        for field in RunConfiguration.fields {
            print("\(field.key) = \(field.get(values).shown)\n    \(field.meaning)")
        }
    }

    private func options() throws(Failure) -> [(key: String, value: ConfigurationValue)] {
        let flags: [(String, ConfigurationValue?)] = [
            ("steps", steps.map { .integer($0) }), ("batch", batch.map { .integer($0) }),
            ("slices", slices.map { .integer($0) }), ("threads", threads.map { .integer($0) }),
            ("precision", precision.map { .text($0) }), ("seed", seed.map { .integer($0) }),
            ("learning_rate", learningRate.map { .number($0) }), ("warmup", warmup.map { .init(parsing: $0) }),
            ("save_every", saveEvery.map { .integer($0) }), ("evaluate_every", evaluateEvery.map { .integer($0) }),
            ("log_every", logEvery.map { .integer($0) }), ("keep", keep.map { .integer($0) }),
            ("on_nonfinite", onNonfinite.map { .text($0) }), ("step_timeout", stepTimeout.map { .integer($0) }),
        ]
        var options = flags.compactMap { key, value in value.map { (key: key, value: $0) } }
        for assignment in assignments { options.append(try fieldAssignment(assignment)) }
        return options
    }
}

/// `--set field=value`.
func fieldAssignment(_ word: String) throws(Failure) -> (key: String, value: ConfigurationValue) {
    guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
        throw .usage("--set \(word): expected field=value, such as --set mask_probability=0.2")
    }
    return (String(word[..<equals]), ConfigurationValue(parsing: String(word[word.index(after: equals)...])))
}
