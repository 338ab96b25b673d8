import CKernels
import Glibc

/// A file mapped into memory, read-only: its pages are shared by all ranks of a host and come from the disk when touched.
///
/// Immutable while it lives (files are replaced by renaming, never written in place), hence Sendable.
final class MemoryMap: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer

    init(path: String, remedy: String) throws(Failure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .inputOutput("\(path): cannot be opened (\(FileAccess.reason)); \(remedy)")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .inputOutput("\(path): cannot be read (\(FileAccess.reason)); \(remedy)")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .inputOutput("\(path): is not a file; \(remedy)")
        }
        let size = Int(status.st_size)
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let start = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), start != MAP_FAILED else {
            throw .inputOutput("\(path): cannot be mapped into memory (\(FileAccess.reason)); \(remedy)")
        }
        bytes = UnsafeRawBufferPointer(start: start, count: size)
    }

    /// CRC-32C of the whole file, hexadecimal.
    var checksum: String { hexadecimal(ck_crc32c(0, bytes.baseAddress, bytes.count)) }

    deinit {
        if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
    }
}
