import Glibc

/// Owned, zeroed memory in whole pages. The system hands out a page at its first touch, near the core that touches it,
/// so what is never used costs nothing; large pieces ask for huge pages, without which a core loses time looking up
/// addresses.
final class PageMemory: Sendable {
    // Unsafe: who may write where and when is the matter of those who own the memory.
    nonisolated(unsafe) let start: UnsafeMutableRawPointer
    let bytes: Int

    init(bytes: Int) {
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory, memory != MAP_FAILED else { fatalError("out of memory: \(bytes) bytes were asked for") }
        if bytes >= 1 << 22 { madvise(memory, bytes, MADV_HUGEPAGE) }
        start = memory
        self.bytes = bytes
    }

    deinit { munmap(start, bytes) }
}
