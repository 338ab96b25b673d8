import ArgumentParser
import Collectives
import Electra
import Foundation

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measures a run's newest checkpoint on held-out text.",
        discussion: """
            Prints the losses and metrics over all held-out sequences of DATA, with masks that are the same for every \
            run, and some sentences in which one word was replaced: the discriminator marks the word that it finds most \
            suspicious. Runs alone or on many ranks.
            """)

    @Option(name: .customLong("run"), help: ArgumentHelp("The folder of a run, or a checkpoint.", valueName: "folder"))
    var runPath: String

    @Option(help: ArgumentHelp("A data set prepared with the run's vocabulary.", valueName: "folder"))
    var data: String

    @Option(help: "Threads of each rank.")
    var threads = 1

    @Option(help: "Sentences to show.")
    var samples = 5

    func validate() throws {
        guard threads > 0, samples >= 0 else {
            throw ValidationError("--threads is at least 1, --samples at least 0")
        }
    }

    func run() throws {
        try runDistributed { communicator in
            let (dataSet, checkpoint) = try communicator.together {
                let dataSet = try DataSet(data)
                try dataSet.verify(part: communicator.rank, of: communicator.size)
                let checkpoint = try CheckpointReader.open(runPath)
                if communicator.rank == 0 { try checkpoint.verify() }
                return (dataSet, checkpoint)
            }
            let evaluator = try Evaluator(
                checkpoint: checkpoint, data: dataSet, threads: threads, communicator: communicator)
            let metrics = try evaluator.metrics()
            guard communicator.rank == 0 else { return }
            print("\(checkpoint.path), \(evaluator.sequences) held-out sequences")
            for (name, value) in metrics.named {
                print("  " + name.padding(toLength: 28, withPad: " ", startingAt: 0) + String(format: "%.4f", value))
            }
            if samples > 0 { show(evaluator.demonstrations(most: max(samples, 20))) }
        }
    }

    private func show(_ examples: [ReplacementDemonstration.Example]) {
        guard !examples.isEmpty else { return }
        let found = examples.count { $0.isFound }
        print("\nOne word of each sentence was replaced by the generator; the discriminator's first guess is marked.")
        print("It found \(found) of \(examples.count):")
        // Found ones first: they show what it learned.
        for example in (examples.filter(\.isFound) + examples.filter { !$0.isFound }).prefix(samples) {
            let words = example.words.map { $0.isMarked ? highlight($0.text) : $0.text }
            print("  \(example.isFound ? "found " : "missed") \(words.joined(separator: " "))"
                + "  (\(example.words.first { $0.isReplaced }?.text ?? "") was \(example.original))")
        }
    }

    private func highlight(_ word: String) -> String {
        // mpirun gives the ranks a terminal of its own, whether or not anybody looks at it.
        isatty(STDOUT_FILENO) == 1 && !MPIRuntime.isLaunched ? "\u{1B}[1;31m\(word)\u{1B}[0m" : ">>\(word)<<"
    }
}
