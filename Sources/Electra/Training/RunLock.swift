import Collectives
import Glibc

/// Keeps a second process from training in the same run: RUN/lock, which names its holder, locked while that lives.
struct RunLock {
    static let fileName = "lock"
    private let lock: FileLock

    init(_ folder: RunFolder) throws(Failure) {
        let path = "\(folder.path)/\(Self.fileName)"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw .inputOutput("\(path): cannot be created (\(FileAccess.reason)); check permissions")
        }
        lock = FileLock(descriptor)
        guard lock.isOurs else {
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
}
