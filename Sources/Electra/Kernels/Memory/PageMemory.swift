import Collectives
import ElectraSupport
import Glibc

/// Owned, zeroed memory in whole pages. The system hands out a page at its first touch, near the core that touches it,
/// so what is never used costs nothing; large pieces ask for huge pages, without which a core loses time looking up
/// addresses. Where the system refuses, the program ends with one line and exit code 70.
final class PageMemory: Sendable {
    // Unsafe: who may write where and when is the matter of those who own the memory.
    nonisolated(unsafe) let start: UnsafeMutableRawPointer
    let bytes: Int

    init(bytes: Int) {
        guard let memory = Self.map(bytes) else {
            // Setting up has no other way on without it.
            Failure.report("out of memory on \(Communicator.hostName): \(Self.refusal(of: bytes))")
            MPIRuntime.abort(Failure.Kind.software.rawValue)
        }
        if bytes >= 1 << 22 { madvise(memory, bytes, MADV_HUGEPAGE) }
        start = memory
        self.bytes = bytes
    }

    deinit { munmap(start, bytes) }

    /// Whether the system would hand out that much.
    static func isAvailable(bytes: Int) -> Bool {
        guard let memory = map(bytes) else { return false }
        munmap(memory, bytes)
        return true
    }

    /// What the system said no to, and what may be done.
    static func refusal(of bytes: Int) -> String {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        let reason =
            limit.rlim_cur == rlim_t.max
            ? "the machine has no more; take fewer --threads, fewer ranks a host, or a smaller --batch"
            : "ulimit -v allows \(limit.rlim_cur / 1_000_000) MB in all; raise it, or take fewer --threads"
        return "the system refused \((bytes + 999_999) / 1_000_000) MB more: \(reason)"
    }

    private static func map(_ bytes: Int) -> UnsafeMutableRawPointer? {
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        return memory == MAP_FAILED ? nil : memory
    }
}
