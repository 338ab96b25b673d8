import Glibc

extension Failure {
    /// Writes `electra-dist: error: ...` to standard error, on one line, whatever the text has in it.
    public static func report(_ text: String) {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        var message = "electra-dist: error: \(line)\n"
        // One write, so that the lines of several ranks do not mix.
        message.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
