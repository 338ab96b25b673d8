import ArgumentParser
import Electra
import Glibc

/// Runs the body of a command. A failure becomes one line on standard error and the exit code that goes with it
/// (64 usage, 65 bad data, 74 I/O, 75 stopped early, 70 internal).
func runCommand(_ body: () throws(Failure) -> Void) throws {
    do throws(Failure) {
        try body()
    } catch {
        fflush(nil)
        report(error)
        throw ExitCode(error.exitCode)
    }
}

/// `electra-dist: error: ...` on one line, whatever the text has in it.
func report(_ failure: Failure) { report(failure.description) }

func report(_ message: String) {
    let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    var text = "electra-dist: error: \(line)\n"
    // One write, so that the lines of several ranks do not mix.
    text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
