import ArgumentParser
import Electra
import Glibc

/// Where the commands that use a model get their text from, and how they run.
struct InferenceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A folder that export wrote, or an ELECTRA model as Hugging Face transformers saves it.",
            valueName: "folder"))
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
        let input = text.isEmpty ? LineInput() : nil
        var given = text.isEmpty ? nil : text.map { Array($0.utf8) }
        if input != nil && isatty(STDIN_FILENO) == 1 {
            ProgressLine.note("note: reading from the terminal, one text a line; Ctrl-D ends")
        }
        try OrderedPipeline.run(
            threads: try threading.count(), makeWorker: makeWorker,
            next: { () throws(Failure) in
                if let input { return try input.nextLines() }
                defer { given = nil }
                return given
            },
            isNextReady: { input?.isReady ?? true },
            work: work, consume: consume)
    }
}

/// The lines of standard input, as they come.
private final class LineInput {
    private static let linesAtOnce = 64
    private static let longestLine = 16 << 20

    private var buffer: [UInt8] = []
    private var start = 0
    private var ended = false

    /// Whether `nextLines` will not wait.
    var isReady: Bool {
        if ended || buffer[start...].contains(UInt8(ascii: "\n")) { return true }
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) > 0
    }

    /// Some lines without their line breaks, at least one; nil at the end.
    func nextLines() throws(Failure) -> [[UInt8]]? {
        while true {
            var lines: [[UInt8]] = []
            while lines.count < Self.linesAtOnce, let newline = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) {
                lines.append(Array(buffer[start..<newline]))
                start = newline + 1
            }
            if !lines.isEmpty { return lines }
            buffer.removeFirst(start)
            start = 0
            if ended {
                defer { buffer = [] }
                return buffer.isEmpty ? nil : [buffer]
            }
            guard buffer.count < Self.longestLine else {
                throw .badData(
                    "standard input: a line of over \(Self.longestLine >> 20) MiB; one text a line is expected")
            }
            ended = try StandardInput.read(appending: &buffer) == 0
        }
    }
}

/// Prints lines that whoever reads a pipe sees at once.
func printNow(_ lines: String) {
    print(lines)
    fflush(nil)
}
