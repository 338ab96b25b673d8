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
        let threads = try threading.count()
        try MatrixLibrary.requireMemory(threads: threads)
        if text.isEmpty {
            return try StandardInput(longestLine: 16 << 20).forEachBatch(
                of: "one text a line", threads: threads, makeWorker: makeWorker,
                work: { worker, texts, _ in work(worker, texts) }, consume: consume)
        }
        var given = Optional(text.map { Array($0.utf8) })
        try OrderedPipeline.run(
            threads: threads, makeWorker: makeWorker, next: { given.take() }, work: work, consume: consume)
    }
}

extension StandardInput {
    /// Passes lines, a few at a time, with the count of those before them, to workers on `threads` threads. `what` is for who
    /// sits at a terminal.
    func forEachBatch<Worker, Output: Sendable>(
        of what: String, threads: Int, makeWorker: @escaping @Sendable () -> Worker,
        work: @escaping @Sendable (Worker, [[UInt8]], _ before: Int) -> Output,
        consume: (Output) throws(Failure) -> Void
    ) throws(Failure) {
        if isatty(STDIN_FILENO) == 1 {
            ProgressLine.note("note: reading from the terminal, \(what); Ctrl-D ends")
        }
        var count = 0
        try OrderedPipeline.run(
            threads: threads, makeWorker: makeWorker,
            next: { () throws(Failure) -> LineBatch? in
                guard let lines = try nextLines() else { return nil }
                defer { count += lines.count }
                return LineBatch(lines: lines, before: count)
            },
            isNextReady: { isReady },
            work: { worker, batch in work(worker, batch.lines, batch.before) }, consume: consume)
    }
}

private struct LineBatch: Sendable {
    let lines: [[UInt8]]
    /// Lines of the input that came before.
    let before: Int
}
