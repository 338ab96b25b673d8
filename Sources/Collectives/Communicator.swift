import CMPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A group of ranks that talk to each other (MPI 3.1, chapter 6). Each collective is an extension in a file of its own.
///
/// A class, so that the long-lived objects of a trainer can share it; not `Sendable`, so that it stays on the thread
/// that made it, as MPI_THREAD_FUNNELED demands. All ranks of the group make the same calls in the same order.
/// A group of one never calls MPI.
///
/// Not covered, as nothing here needs it: scatter, scan, MPI_Reduce_scatter, neighbourhood collectives, topologies,
/// intercommunicators, derived datatypes, one-sided communication, counts beyond a C int.
public final class Communicator {
    /// Who this process is: 0..<size.
    public let rank: Int
    public let size: Int

    /// Nil for the group of one that runs without MPI.
    private let storedHandle: MPI_Comm?
    private let isOwned: Bool

    /// The group of one, with no MPI behind it.
    public static var alone: Communicator { Communicator() }

    private init() {
        rank = 0
        size = 1
        storedHandle = nil
        isOwned = false
    }

    /// Takes `handle`, and frees it at the end if it `isOwned`.
    init(handle: MPI_Comm, isOwned: Bool) throws(MPIError) {
        // Set on each communicator and not only on the world: then no reader needs to know what is inherited (8.3.1).
        try check(MPI_Comm_set_errhandler(handle, cmpi_errors_return()), "MPI_Comm_set_errhandler")
        var rank: Int32 = 0
        var size: Int32 = 0
        try check(MPI_Comm_rank(handle, &rank), "MPI_Comm_rank")
        try check(MPI_Comm_size(handle, &size), "MPI_Comm_size")
        self.rank = Int(rank)
        self.size = Int(size)
        self.storedHandle = handle
        self.isOwned = isOwned
    }

    deinit {
        guard isOwned, var handle = storedHandle.map(Optional.some), MPIRuntime.isRunning else { return }
        _ = MPI_Comm_free(&handle)
    }

    public var isAlone: Bool { size == 1 }

    /// The communicator for MPI. Only the main thread may use it (12.4.3), which a debug build checks at every call.
    var handle: MPI_Comm {
        assert(Self.isMainThread, "MPI was called off the main thread, where MPI_THREAD_FUNNELED forbids it")
        guard let storedHandle else { fatalError("a group of one called MPI") }
        return storedHandle
    }

    private static var isMainThread: Bool {
        var flag: Int32 = 0
        return MPI_Is_thread_main(&flag) == Int32(MPI_SUCCESS) && flag != 0
    }

    /// The root as MPI wants it. MPI itself checks it; a group of one does so here.
    func root(_ root: Int, _ call: StaticString) throws(MPIError) -> Int32 {
        guard !isAlone || root == 0, let value = Int32(exactly: root) else {
            throw MPIError.invalidRoot(root, of: size, call: call)
        }
        return value
    }

    /// The name of the machine that this rank runs on.
    public static var hostName: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            buffer.initialize(repeating: 0)
            guard let base = buffer.baseAddress, gethostname(base, 255) == 0 else { return "unknown host" }
            return String(cString: base)
        }
    }
}
