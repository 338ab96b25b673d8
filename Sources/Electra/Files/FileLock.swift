import Glibc

/// Keeps a second process from a file or folder while this one works there. The system lets go of it when this process
/// ends, in whatever way.
final class FileLock {
    private let descriptor: Int32
    /// False where another process has it. Where a file system knows no locks, everyone gets one.
    let isOurs: Bool

    /// Takes over an open file, and closes it in the end.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        isOurs = flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
