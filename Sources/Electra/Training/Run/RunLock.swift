import Collectives
package import ElectraSupport
import Glibc

/// Keeps a second process from training in the same run: RUN/lock, which names its holder, locked while that lives.
package struct RunLock {
    package static let fileName = "lock"
    private let lock: FileLock

    package init(_ folder: RunFolder) throws(Failure) {
        let path = "\(folder.path)/\(Self.fileName)"
        let descriptor = try FileAccess.openOwn(path, O_RDWR)
        lock = FileLock(descriptor, tenths: 50)
        let holder = String(
            decoding: (try? FileAccess.contents(of: path, remedy: "", limit: 1000)) ?? [], as: UTF8.self)
        guard lock.isOurs else {
            throw .usage(
                "\(folder.path): \(holder.isEmpty ? "another process" : holder) trains in this run; wait for it or end it, or choose "
                    + "another --run (if its host is gone for good, remove \(path))")
        }
        // Somebody's file that got this name, by a hard link or by hand, stays as it is.
        guard FileAccess.size(of: path) == 0 || holder.hasPrefix("process ") else {
            throw .usage("\(path): expected the lock of a run, found another file; move it elsewhere")
        }
        let words = Array("process \(getpid()) on \(Communicator.hostName)".utf8)
        ftruncate(descriptor, 0)
        pwrite(descriptor, words, words.count, 0)
        // For other hosts to read.
        fsync(descriptor)
    }
}
