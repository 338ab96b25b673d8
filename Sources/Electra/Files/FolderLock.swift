import Glibc

/// Keeps a second process from writing the same folder. The system lets go of it when this one ends, in whatever way.
final class FolderLock {
    private let descriptor: Int32

    init(_ path: String) throws(Failure) {
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // Where a file system knows no locks on folders, there is none.
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK {
            throw .usage("\(path): another process writes there; wait for it, or name another --output")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
