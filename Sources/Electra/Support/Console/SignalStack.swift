import Glibc

/// A stack of its own for the signal handlers of a thread that computes.
///
/// Some kernels of oneDNN's Float products with AVX-512 move the stack pointer into a piece of the heap that has no room
/// for a signal's frame: a handler on the thread's own stack would write over what lies before. (One run of four that was
/// told to stop died of a damaged heap.)
package enum SignalStack {
    /// What the kernel saves of a thread's state takes 3 KB with AVX-512, 11 KB with AMX.
    private static let bytes = 1 << 16

    /// For the calling thread, from now on; returns what `leave` wants to have.
    package static func enter() -> UnsafeMutableRawPointer {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
        var stack = stack_t(ss_sp: memory, ss_flags: 0, ss_size: bytes)
        sigaltstack(&stack, nil)
        return memory
    }

    /// Before the thread ends.
    package static func leave(_ memory: UnsafeMutableRawPointer) {
        var none = stack_t(ss_sp: nil, ss_flags: Int32(SS_DISABLE), ss_size: 0)
        sigaltstack(&none, nil)
        memory.deallocate()
    }
}
