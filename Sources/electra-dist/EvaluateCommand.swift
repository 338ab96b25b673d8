import ArgumentParser
import Collectives
import ElectraCorpus
import ElectraPretraining
import ElectraSupport
import ElectraTraining
import Foundation

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measures a run's newest checkpoint on held-out text.",
        discussion: """
            Prints the losses and metrics over all held-out sequences of DATA, with masks that are the same for every \
            run, and says what they mean; RUN/evaluations.jsonl keeps them for export's model card and for inspect. Then \
            some sentences in which one word was replaced, drawn whatever comes of it: the discriminator marks the word that \
            it finds most suspicious. Runs alone or on many ranks.
            """)

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp(
            "The folder of a run, for its newest checkpoint, or of one checkpoint.", valueName: "folder"),
        completion: .directory)
    var runPath: String

    @Option(
        help: ArgumentHelp("A data set prepared with the run's vocabulary.", valueName: "folder"),
        completion: .directory)
    var data: String

    @Option(help: ArgumentHelp("Threads of each rank.", valueName: "count"))
    var threads = 1

    @Option(help: ArgumentHelp("Sentences to show.", valueName: "count"))
    var samples = 5

    func validate() throws {
        guard Housekeeping.threadRange.contains(threads) else {
            throw ValidationError("--threads \(threads): expected 1 to \(Housekeeping.threadRange.upperBound)")
        }
        guard (0...1_000_000).contains(samples) else {
            throw ValidationError("--samples \(samples): expected 0 to 1000000")
        }
    }

    /// For the count of words found: enough that luck plays a small part.
    private static let sentencesCounted = 200

    func run() throws {
        try runDistributed { communicator in
            let dataSet = try DataSet.open(data, on: communicator)
            let checkpoint = try RunCheckpoint.open(runPath, on: communicator)
            let evaluator = try Evaluator(
                checkpoint: checkpoint, data: dataSet, threads: threads, communicator: communicator)
            let metrics = try evaluator.metrics()
            guard communicator.rank == 0 else { return }
            print("\(checkpoint.path), \(counted(evaluator.sequences, "held-out sequence")) of \(data)")
            if let other = evaluator.otherData { print("It was trained on other data: \(other)") }
            for measured in metrics.named {
                let name = measured.name.padding(toLength: 28, withPad: " ", startingAt: 0)
                print("  " + name + String(format: "%8.4f", measured.value))
            }
            print("")
            for sentence in evaluator.sentences(on: metrics) { print(folded(sentence)) }
            do throws(Failure) {
                try evaluator.record(metrics)
            } catch {
                ProgressLine.note("note: \(error.description), so export and inspect will not know these figures")
            }
            if samples > 0 { show(try evaluator.demonstrations(most: max(samples, Self.sentencesCounted))) }
        }
    }

    private func show(_ examples: [ReplacementDemonstration.Example]) {
        guard !examples.isEmpty else {
            print("\nNo held-out sentence is whole and of a length to show; hold out more text (prepare --held-out).")
            return
        }
        let finds = FindsAgainstChance(examples)
        print(
            "\n"
                + folded(
                    "In each of \(finds.count) held-out sentences the generator replaced one word, and the discriminator "
                        + "marked the most suspicious one. It found the replaced word in \(finds.found) of them; "
                        + "\(finds.comparison)."))
        for example in FindsAgainstChance.draw(samples, of: examples) {
            let text = wrapped(example.words, indentation: "          ")
            let replacement = example.words.first { $0.isReplaced }?.text ?? ""
            print(
                "\n  \(example.isFound ? "found " : "missed")  \(text)\n"
                    + "          (\"\(replacement)\" took the place of \"\(example.original)\")")
        }
    }

    /// Lines of up to 80 columns, the marked word highlighted; all lines but the first begin with `indentation`.
    private func wrapped(_ words: [ReplacementDemonstration.Example.Word], indentation: String) -> String {
        var text = ""
        var column = indentation.count
        for word in words {
            let space = word.hasSpace && !text.isEmpty
            let width = word.text.count + (word.isMarked ? 4 : 0)
            if space && column + 1 + width > 78 {
                text += "\n" + indentation
                column = indentation.count
            } else if space {
                text += " "
                column += 1
            }
            text += word.isMarked ? Highlight.marked(word.text) : word.text
            column += width
        }
        return text
    }
}
