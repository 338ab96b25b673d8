import Glibc

/// Keeps a second process from a file or folder while this one works there. The system lets go of it when this process
/// ends, in whatever way.
package final class FileLock {
    private let descriptor: Int32
    /// False where another process has it. Where a file system knows no locks, everyone gets one.
    package let isOurs: Bool

    /// Takes over an open file, and closes it in the end. Tries again for `tenths` of a second: a process that was killed is
    /// gone a moment later only.
    package init(_ descriptor: Int32, tenths: Int = 0) {
        self.descriptor = descriptor
        var isTaken = true
        for attempt in 0...tenths where isTaken {
            if attempt > 0 { usleep(100_000) }
            isTaken = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
        }
        isOurs = !isTaken
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
