import ArgumentParser
import Collectives
import ElectraOperations
import ElectraPretraining
import ElectraSupport
import ElectraTraining

struct BenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Measures training steps and says where their time goes.",
        discussion: """
            Trains on random text, in full sequences, and prints a table of the kernels with their time in a step (all \
            lanes of rank 0 together), their share, and the rates they reach; then tokens a second, and how much of the \
            processor's rate of matrix products, measured in the same run, the step makes use of. Runs alone or on many \
            ranks.

              electra-dist benchmark --preset small --batch 32 --threads 2

            With --task it measures fine-tuning, on examples and a model that are there:

              electra-dist benchmark --task mrpc --model model --train train.tsv --threads 2
            """)

    @OptionGroup var measured: MeasuredRun

    @Option(help: ArgumentHelp("Sequences in a step, over all ranks.", valueName: "count"))
    var batch = 32

    @Option(help: ArgumentHelp("Tokens of each sequence; the preset's if not given.", valueName: "tokens"))
    var maxLength: Int?

    @Option(help: ArgumentHelp("Threads of each rank.", valueName: "count"))
    var threads = 1

    @Option(help: ArgumentHelp("Steps to measure, after two that do not count.", valueName: "count"))
    var steps = 5

    @OptionGroup var fineTuning: BenchmarkedTask

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard (1...1_000_000).contains(steps) else {
            throw ValidationError("--steps \(steps): expected 1 to 1000000")
        }
    }

    func run() throws {
        try runDistributed { communicator in
            var settings: [(key: String, value: ConfigurationValue)] = try communicator.together {
                [("threads", .integer(threads))] + (try measured.settings(batch: batch))
            }
            let report: BenchmarkReport?
            if let (step, title) = try fineTuning.step(settings, maxLength: maxLength, over: communicator) {
                defer { step.pool.stop() }
                report = try StepBenchmark.measure(
                    step, title: title, length: nil, steps: steps, communicator: communicator)
            } else {
                if let maxLength { settings.append(("max_length", .integer(maxLength))) }
                let configuration = try communicator.together {
                    try RunConfiguration.resolve(preset: measured.preset, file: nil, options: settings)
                }
                report = try StepBenchmark.run(
                    configuration, vocabularySize: measured.vocabularySize, steps: steps, communicator: communicator)
            }
            if let report { print(json ? report.json.pretty : report.text) }
        }
    }
}
