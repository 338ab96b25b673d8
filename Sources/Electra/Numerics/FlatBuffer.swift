import Glibc

/// Owned, zeroed, 64-byte aligned memory for `count` numbers. The system hands out its pages at the first touch, so
/// what is never used costs nothing; large buffers ask for huge pages.
final class FlatBuffer: @unchecked Sendable {
    // Unchecked: the memory is shared by the lanes of a rank; each writes only the part that is its own, and the
    // barrier of `LanePool.run` orders writes before reads.
    let base: UnsafeMutablePointer<Float>
    let count: Int

    init(count: Int) {
        self.count = count
        let bytes = max(count * MemoryLayout<Float>.stride, 64)
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory, memory != MAP_FAILED else {
            fatalError("out of memory: \(bytes) bytes were asked for")
        }
        if bytes >= 1 << 22 { madvise(memory, bytes, MADV_HUGEPAGE) }
        base = memory.bindMemory(to: Float.self, capacity: max(count, 16))
    }

    /// The memory as that of twice as many bf16 numbers.
    var halves: UnsafeMutablePointer<BFloat16> {
        UnsafeMutableRawPointer(base).assumingMemoryBound(to: BFloat16.self)
    }

    deinit {
        munmap(base, max(count * MemoryLayout<Float>.stride, 64))
    }
}
