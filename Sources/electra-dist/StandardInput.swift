import ElectraSupport
import Glibc

/// The lines of standard input, as they come, as bytes: `readLine` would repair invalid UTF-8 and hide it.
final class StandardInput {
    private static let linesAtOnce = 64
    private let longestLine: Int

    private var buffer: [UInt8] = []
    /// What was handed out already, and where the search for the next line break goes on.
    private var start = 0
    private var searched = 0
    private var ended = false

    init(longestLine: Int = .max) {
        self.longestLine = longestLine
    }

    /// Whether `nextLines` will not wait.
    var isReady: Bool {
        if ended || buffer[searched...].contains(UInt8(ascii: "\n")) { return true }
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) > 0
    }

    /// Some lines without their line breaks, at least one; nil at the end.
    func nextLines() throws(Failure) -> [[UInt8]]? {
        while true {
            var lines: [[UInt8]] = []
            while lines.count < Self.linesAtOnce, let newline = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                lines.append(Array(buffer[start..<newline]))
                (start, searched) = (newline + 1, newline + 1)
            }
            if !lines.isEmpty { return lines }
            buffer.removeFirst(start)
            (start, searched) = (0, buffer.count)
            if ended {
                defer { (buffer, searched) = ([], 0) }
                return buffer.isEmpty ? nil : [buffer]
            }
            guard buffer.count < longestLine else {
                throw .badData("standard input: a line of over \(longestLine >> 20) MiB; one text a line is expected")
            }
            ended = try read() == 0
        }
    }

    /// Waits for some bytes; returns how many were added, 0 at the end.
    private func read() throws(Failure) -> Int {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .inputOutput("standard input: reading failed; check where it comes from") }
            buffer += chunk[..<count]
            return count
        }
    }
}
