import Collectives
import Glibc

/// Keeps a second process from training in the same run: RUN/lock, locked while the first one lives. The system lets go
/// of it when that ends, in whatever way.
final class RunLock {
    static let fileName = "lock"
    private let descriptor: Int32

    init(_ folder: RunFolder) throws(Failure) {
        let path = "\(folder.path)/\(Self.fileName)"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw .inputOutput("\(path): cannot be created (\(FileAccess.reason)); check permissions")
        }
        // Where a file system knows no locks, training goes on without.
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK {
            let holder = String(decoding: (try? FileAccess.contents(of: path, remedy: "")) ?? [], as: UTF8.self)
            throw .usage(
                "\(folder.path): \(holder.isEmpty ? "another process" : holder) trains in this run; wait for it or end it, or choose "
                    + "another --run (if its host is gone for good, remove \(path))")
        }
        let holder = Array("process \(getpid()) on \(Communicator.hostName)".utf8)
        ftruncate(descriptor, 0)
        pwrite(descriptor, holder, holder.count, 0)
        // For other hosts to read.
        fsync(descriptor)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
