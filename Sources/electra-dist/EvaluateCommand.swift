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
        abstract: "Measures a run's newest checkpoint on held-out text, or what encoders are worth on tasks.",
        discussion: """
            With --run and --data it prints the losses and metrics over all held-out sequences of DATA, with masks that are the same for every \
            run, and says what they mean; RUN/evaluations.jsonl keeps them for export's model card and for inspect. Then \
            some sentences in which one word was replaced, drawn whatever comes of it: the discriminator marks the word that \
            it finds most suspicious.

            With --tasks, --model and --output it fine-tunes models on all tasks of a folder that is shaped as GLUE, and writes \
            one table of their scores on dev, beside the published ones:

              electra-dist evaluate --tasks glue --model small --compare base \\
                --output scores --threads 4

            Folders are known by the names of their tasks: CoLA, SST-2, MRPC, STS-B, QQP, MNLI, QNLI, RTE, WNLI, BoolQ, \
            CoNLL-2003, SQuAD, SQuAD-2.0. The table is written anew after each task, and the same command goes on where it \
            stopped. Both ways run alone or on many ranks.
            """)

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp(
            "The folder of a run, for its newest checkpoint, or of one checkpoint.", valueName: "folder"),
        completion: .directory)
    var runPath: String?

    @Option(
        help: ArgumentHelp("A data set prepared with the run's vocabulary.", valueName: "folder"),
        completion: .directory)
    var data: String?

    @Option(help: ArgumentHelp("Threads of each rank.", valueName: "count"))
    var threads = 1

    @Option(help: ArgumentHelp("Sentences to show; 5 if not given.", valueName: "count"))
    var samples: Int?

    @OptionGroup var evaluated: EvaluatedTasks

    func validate() throws {
        guard Housekeeping.threadRange.contains(threads) else {
            throw ValidationError("--threads \(threads): expected 1 to \(Housekeeping.threadRange.upperBound)")
        }
        if let samples, !(0...1_000_000).contains(samples) {
            throw ValidationError("--samples \(samples): expected 0 to 1000000")
        }
    }

    /// For the count of words found: enough that luck plays a small part.
    private static let sentencesCounted = 200

    func run() throws {
        try runDistributed { communicator in
            if let tasks = evaluated.tasks {
                try communicator.together { try checkThatTasksAreAlone() }
                return try evaluated.run(on: tasks, threads: threads, over: communicator)
            }
            let (runPath, data) = try communicator.together { try runAndData() }
            try measure(runPath, on: data, over: communicator)
        }
    }

    private func checkThatTasksAreAlone() throws(Failure) {
        let others = [("--run", runPath != nil), ("--data", data != nil), ("--samples", samples != nil)]
        guard let other = others.first(where: { $0.1 })?.0 else { return }
        throw .usage(
            "\(other): is for held-out text, which a run is measured on, and --tasks fine-tunes models; leave one of them out"
        )
    }

    private func runAndData() throws(Failure) -> (run: String, data: String) {
        if let option = evaluated.given {
            throw .usage("\(option): is for --tasks, which was not given; add it, or leave \(option) out")
        }
        guard let runPath, let data else {
            throw .usage(
                "--run and --data are needed, or --tasks: electra-dist evaluate --run RUN --data DATA, or evaluate --tasks "
                    + "FOLDER --model MODEL --output SCORES")
        }
        return (runPath, data)
    }

    private func measure(_ runPath: String, on data: String, over communicator: Communicator) throws {
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
        let shown = samples ?? 5
        guard shown > 0, evaluator.replacesTokens else { return }
        show(shown, of: try evaluator.demonstrations(most: max(shown, Self.sentencesCounted)))
    }

    private func show(_ count: Int, of examples: [ReplacementDemonstration.Example]) {
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
        for example in FindsAgainstChance.draw(count, of: examples) {
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
