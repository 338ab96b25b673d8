import ArgumentParser
import ElectraCorpus
import ElectraKernels
import ElectraSupport
import Glibc

/// Where the commands that use a model get their text from, and how they run.
struct InferenceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A folder that export wrote, or an ELECTRA model as Hugging Face transformers saves it.",
            valueName: "folder"), completion: .directory)
    var model: String

    @Option(
        help: ArgumentHelp(
            "A text; may be repeated. Without it, each line of standard input is one.", valueName: "text"))
    var text: [String] = []

    @OptionGroup var threading: ThreadOptions

    /// Passes texts, a few at a time, to workers on all threads and their results, in order, to `consume`. Memory does
    /// not grow with the input, and what is typed on a terminal is answered line by line.
    func forEachBatch<Worker, Output: Sendable>(
        makeWorker: @escaping @Sendable () -> Worker, work: @escaping @Sendable (Worker, [[UInt8]]) -> Output,
        consume: (Output) throws(Failure) -> Void
    ) throws(Failure) {
        let input = text.isEmpty ? StandardInput(longestLine: 16 << 20) : nil
        var given = text.isEmpty ? nil : text.map { Array($0.utf8) }
        if input != nil && isatty(STDIN_FILENO) == 1 {
            ProgressLine.note("note: reading from the terminal, one text a line; Ctrl-D ends")
        }
        let threads = try threading.count()
        try MatrixLibrary.requireMemory(threads: threads)
        try OrderedPipeline.run(
            threads: threads, makeWorker: makeWorker,
            next: { () throws(Failure) in
                if let input { return try input.nextLines() }
                defer { given = nil }
                return given
            },
            isNextReady: { input?.isReady ?? true },
            work: work, consume: consume)
    }
}
