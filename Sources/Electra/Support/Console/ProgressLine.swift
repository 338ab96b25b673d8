import Glibc

/// How far a long task is, on standard error: a live line on a terminal, a plain line every few seconds elsewhere.
///
///     tokenizing  ████████████░░░░░░░░  61 %  41.3 MB/s  ETA 0:12
package final class ProgressLine {
    private let title: String
    private let live: Bool
    private var started = Stopwatch.now
    private var startingFraction = 0.0
    private var lastShown: Double

    /// `live` is for tests; by default the line is live where standard error is a terminal that can be written over.
    package init(_ title: String, live: Bool? = nil) {
        self.title = title
        self.live = live ?? Terminal.isLive(STDERR_FILENO)
        lastShown = started
    }

    /// Where the task goes on from a fraction that was done before, the time left follows from the rest alone.
    package func start(at fraction: Double) {
        startingFraction = fraction
        started = Stopwatch.now
    }

    package var seconds: Double { Stopwatch.now - started }

    /// Says at once what is going on, before there is anything to count. Where the line is not live, `plain` is a whole line of
    /// its own; without one nothing is said there.
    package func announce(_ text: String, plain: String? = nil) {
        if live {
            Self.write("\r\u{1B}[K" + line(fraction: nil, seconds: 0, detail: text, width: Self.terminalWidth))
        } else if let plain {
            Self.write(plain + "\n")
        }
    }

    /// Shows the state if the last time was long enough ago. `detail` is asked for only then; `shortDetail` takes its
    /// place where the terminal is narrow. `fraction` is nil where nobody knows.
    package func update(
        fraction: Double?, detail: @autoclosure () -> String = "", shortDetail: @autoclosure () -> String? = nil
    ) {
        let time = Stopwatch.now
        guard time - lastShown >= (live ? 0.1 : 10) else { return }
        lastShown = time
        let text = line(
            fraction: fraction, seconds: time - started, detail: detail(), shortDetail: shortDetail(),
            width: live ? Self.terminalWidth : 81)
        Self.write(live ? "\r\u{1B}[K" + text : text + "\n")
    }

    /// Clears the live line; a task that deserves a last word says it by itself.
    package func finish() {
        if live { Self.write("\r\u{1B}[K") }
    }

    /// The fullest line that fits: a line that wraps could not be written over.
    package func line(
        fraction: Double?, seconds: Double, detail: String, shortDetail: String? = nil, width: Int = .max
    ) -> String {
        guard let fraction else { return String("\(title)  \(detail)".prefix(max(width - 1, 0))) }
        let share = min(max(fraction, 0), 1)
        let done = share - startingFraction
        let left = done > 0.005 ? "ETA " + Self.duration(seconds * (1 - share) / done) : ""
        func text(title: String, bar: Int, detail: String) -> String {
            let filled = Int(share * Double(bar))
            let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: bar - filled)
            return [title, bar, "\(Int(share * 100)) %", detail, left].filter { !$0.isEmpty }.joined(separator: "  ")
        }
        let short = shortDetail ?? detail
        let forms = [
            text(title: title, bar: 20, detail: detail), text(title: title, bar: 10, detail: detail),
            text(title: "", bar: 10, detail: detail), text(title: "", bar: 0, detail: detail),
            text(title: title, bar: 10, detail: short), text(title: "", bar: 10, detail: short),
            text(title: "", bar: 0, detail: short),
        ]
        return forms.first { $0.count < width } ?? String(forms[forms.count - 1].prefix(max(width - 1, 0)))
    }

    /// 75 seconds are 1:15, two hours 2:00:00.
    package static func duration(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let minutes = whole / 60
        return minutes < 60
            ? "\(minutes):\(two(whole % 60))" : "\(minutes / 60):\(two(minutes % 60)):\(two(whole % 60))"
    }

    /// A note of one line on standard error, clear of a live line. What it quotes of files cannot end it.
    package static func note(_ text: String) {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        write((Terminal.isLive(STDERR_FILENO) ? "\r\u{1B}[K" : "") + Terminal.printable(line) + "\n")
    }

    /// Asked for each time, as windows change. A terminal that does not tell has 80 columns.
    private static var terminalWidth: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// At once, so that the lines of several ranks do not mix.
    private static func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
