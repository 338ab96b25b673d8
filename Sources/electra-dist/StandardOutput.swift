import Electra
@preconcurrency import Glibc

/// Results go to standard output, and whoever reads them has to be told where they are not whole.
enum StandardOutput {
    /// Prints lines that whoever reads a pipe sees at once.
    static func printNow(_ lines: String) throws(Failure) {
        print(lines)
        try flush()
    }

    /// Throws if anything that was printed so far could not be written.
    static func flush() throws(Failure) {
        if fflush(stdout) == 0 && ferror(stdout) == 0 { return }
        throw .inputOutput("standard output: cannot be written; check free space where it goes")
    }

    /// A program that is started with standard files closed would open others in their place, and print into them.
    static func openWhereClosed() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
            _ = open("/dev/null", O_RDWR)
        }
    }
}
