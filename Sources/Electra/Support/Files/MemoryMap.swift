import CKernels
import Glibc

/// A file mapped into memory, read-only: its pages are shared by all ranks of a host and come from the disk when touched.
///
/// Immutable while it lives (files are replaced by renaming, never written in place), hence Sendable. Where somebody cuts
/// the file all the same, what is gone reads as zeros, and `isCut` tells.
package final class MemoryMap: @unchecked Sendable {
    package let bytes: UnsafeRawBufferPointer
    private let guardian: OpaquePointer?
    private let path: String
    private let status: stat

    package init(path: String, remedy: String) throws(Failure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw .inputOutput("\(path): cannot be opened (\(FileAccess.reason)); \(remedy)")
        }
        defer { close(descriptor) }
        try FileAccess.checkIsFile(descriptor, path, remedy: remedy)
        var status = stat()
        fstat(descriptor, &status)
        self.path = path
        self.status = status
        let size = Int(status.st_size)
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            guardian = nil
            return
        }
        guard let start = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), start != MAP_FAILED else {
            throw .inputOutput("\(path): cannot be mapped into memory (\(FileAccess.reason)); \(remedy)")
        }
        bytes = UnsafeRawBufferPointer(start: start, count: size)
        guardian = ck_guard_mapping(start, size)
    }

    /// Whether somebody wrote into the file since it was mapped. Where another file took its name, this one is as it was.
    package var isWritten: Bool {
        var now = stat()
        guard stat(path, &now) == 0, now.st_ino == status.st_ino, now.st_dev == status.st_dev else { return false }
        return now.st_size != status.st_size || now.st_mtim.tv_sec != status.st_mtim.tv_sec
            || now.st_mtim.tv_nsec != status.st_mtim.tv_nsec
    }

    /// Whether a part that was read is not in the file any more.
    package var isCut: Bool { ck_mapping_is_cut(guardian) }

    /// CRC-32C of the whole file, hexadecimal.
    package var checksum: String { hexadecimal(ck_crc32c(0, bytes.baseAddress, bytes.count)) }

    deinit {
        ck_unguard_mapping(guardian)
        if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
    }
}
