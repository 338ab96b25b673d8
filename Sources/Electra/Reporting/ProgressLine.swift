import Glibc

/// How far a long task is, on standard error: a live line on a terminal, a plain line every few seconds elsewhere.
///
///     tokenizing  ████████████░░░░░░░░  61 %  41.3 MB/s  ETA 0:12
public final class ProgressLine {
    private let title: String
    private let live: Bool
    private let started = ProgressLine.now()
    private var lastShown: Double
    private static let barWidth = 20

    /// `live` is for tests; by default the line is live where standard error is a terminal.
    public init(_ title: String, live: Bool? = nil) {
        self.title = title
        self.live = live ?? (isatty(STDERR_FILENO) == 1)
        lastShown = started
    }

    public var seconds: Double { Self.now() - started }

    /// Shows the state if the last time was long enough ago. `detail` is asked for only then.
    public func update(fraction: Double, detail: @autoclosure () -> String = "") {
        let time = Self.now()
        guard time - lastShown >= (live ? 0.1 : 10) else { return }
        lastShown = time
        let text = line(fraction: fraction, seconds: time - started, detail: detail())
        Self.write(live ? "\r\u{1B}[K" + text : text + "\n")
    }

    /// Clears the live line; a task that deserves a last word says it by itself.
    public func finish() {
        if live { Self.write("\r\u{1B}[K") }
    }

    func line(fraction: Double, seconds: Double, detail: String) -> String {
        let share = min(max(fraction, 0), 1)
        let filled = Int(share * Double(Self.barWidth))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.barWidth - filled)
        let left = share > 0.005 ? seconds * (1 - share) / share : nil
        return [title, bar, "\(Int(share * 100)) %", detail, left.map { "ETA " + Self.duration($0) } ?? ""]
            .filter { !$0.isEmpty }.joined(separator: "  ")
    }

    /// 75 seconds are 1:15, two hours 2:00:00.
    public static func duration(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let minutes = whole / 60
        return minutes < 60
            ? "\(minutes):\(two(whole % 60))" : "\(minutes / 60):\(two(minutes % 60)):\(two(whole % 60))"
    }

    /// A note of one line on standard error, clear of a live line.
    public static func note(_ text: String) {
        write((isatty(STDERR_FILENO) == 1 ? "\r\u{1B}[K" : "") + text + "\n")
    }

    private static func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
