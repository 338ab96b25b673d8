import ElectraSupport
@preconcurrency import Glibc

/// Prints a text, in the place of Swift's own: a terminal shows what files and texts bring along, and does not obey it. A pipe
/// gets them as they are.
func print(_ text: String) {
    Swift.print(
        isatty(STDOUT_FILENO) == 1 ? Terminal.printable(text, keeping: Highlight.sequences) : text)
}

/// Results go to standard output, and whoever reads them has to be told where they are not whole.
enum StandardOutput {
    /// Prints lines that whoever reads a pipe sees at once.
    static func printNow(_ lines: String) throws(Failure) {
        print(lines)
        try flush()
    }

    /// Throws if anything that was printed so far could not be written; that nobody reads any more is no failure.
    static func flush() throws(Failure) {
        if fflush(stdout) == 0 && ferror(stdout) == 0 || isUnread { return }
        throw .inputOutput("standard output: cannot be written; check free space where it goes")
    }

    /// Whether it is a pipe whose other end is closed (`| head`).
    private static var isUnread: Bool {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&output, 1, 0) == 1 && output.revents & Int16(POLLERR) != 0
    }

    /// A program that is started with standard files closed would open others in their place, and print into them.
    static func openWhereClosed() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
            _ = open("/dev/null", O_RDWR)
        }
    }
}
