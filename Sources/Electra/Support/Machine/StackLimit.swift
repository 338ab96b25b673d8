import CKernels
import Glibc

/// What the first thread may take for its stack (`ulimit -s`), which is also what each further one is given.
package enum StackLimit {
    private static let needed = 1 << 20
    private static let usual = 8 << 20

    /// Raises a limit that is too low, where the system lets us, and ends the program in one line where it does not: it would
    /// crash at the first deep call.
    package static func makeSufficient() {
        let stack = __rlimit_resource_t(RLIMIT_STACK.rawValue)
        var limit = rlimit()
        guard getrlimit(stack, &limit) == 0, limit.rlim_cur < needed else { return }
        let found = limit.rlim_cur
        limit.rlim_cur = min(limit.rlim_max, rlim_t(usual))
        guard limit.rlim_cur >= needed, setrlimit(stack, &limit) == 0 else {
            Failure.report(
                "the stack is limited to \(found >> 10) KB, and \(needed >> 10) are needed; start with ulimit -s \(usual >> 10)"
            )
            exit(Failure.Kind.usage.rawValue)
        }
        // Of threads to come; the C library has set it by the limit before.
        _ = ck_set_thread_stack(Int(limit.rlim_cur))
    }
}
