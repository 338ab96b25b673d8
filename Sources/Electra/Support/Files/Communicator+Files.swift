import CKernels
package import Collectives
import Glibc

extension Communicator {
    /// The ranks that see the same files as this one: all ranks where the files are on a file system that all share, and
    /// those of one host where it has a copy of its own. Checking files is shared among these, and among no others. All
    /// ranks call it together.
    package func thoseWhoSee(_ files: [String]) throws(MPIError) -> Communicator {
        // Hosts agree on these numbers of a shared file; a copy has another number, or changed at another time.
        let sight = files.map { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return "none" }
            return "\(status.st_ino) \(status.st_ctim.tv_sec) \(status.st_ctim.tv_nsec)"
        }.joined(separator: ",")
        return try split(color: Int(ck_crc32c(0, sight, sight.utf8.count) >> 1))
    }
}
