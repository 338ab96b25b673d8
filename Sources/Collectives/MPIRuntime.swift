import CMPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// MPI from its initialisation to its end: made once, in `main`, on the main thread; finalised when it goes.
///
/// Without a launcher (`mpirun`, `srun`) MPI is not initialised at all and the world is a group of one, which needs no
/// network: the program then runs in containers, notebooks and sandboxes where MPI itself would not start.
public struct MPIRuntime: ~Copyable {
    /// All ranks of this run; those of a host follow one another, however the launcher dealt them out.
    public let world: Communicator
    /// Whether a launcher started this process, and MPI runs.
    public let isDistributed: Bool

    /// Starts MPI for threads of which only the main one calls it (MPI_THREAD_FUNNELED; MPI 3.1, 12.4.3).
    public static func initialize() throws(MPIError) -> MPIRuntime {
        guard isLaunched else { return MPIRuntime(world: .alone, isDistributed: false) }
        var isInitialized: Int32 = 0
        try check(MPI_Initialized(&isInitialized), "MPI_Initialized")
        require(isInitialized == 0, "MPIRuntime.initialize: MPI starts once in a process, and never again")

        let wanted = Int32(MPI_THREAD_FUNNELED)
        var provided: Int32 = 0
        try check(MPI_Init_thread(nil, nil, wanted, &provided), "MPI_Init_thread")
        guard provided >= wanted else {
            let code = Int32(MPI_ERR_OTHER)
            throw MPIError(
                call: "MPI_Init_thread", code: code, errorClass: code,
                text: "this MPI library gives thread level \(provided) where MPI_THREAD_FUNNELED (\(wanted)) is needed")
        }
        let world = try Communicator(handle: cmpi_comm_world(), isOwned: false).inOrderOfHosts()
        return MPIRuntime(world: world, isDistributed: true)
    }

    deinit {
        // Nobody is left to hear of an error here.
        if isDistributed { _ = MPI_Finalize() }
    }

    /// Ends all ranks at once with `code` as exit code (8.7). For an error on one rank only, where the others wait in
    /// some collective and would wait forever. Where some are gone, this rank alone: MPI would wait for them here, too, and the
    /// launcher ends the others.
    public static func abort(_ code: Int32) -> Never {
        // MPI_Abort kills without flushing, and the last line is the one that says why.
        fflush(nil)
        if MPIError.hasSilence { _exit(code) }
        if isRunning { _ = MPI_Abort(cmpi_comm_world(), code) }
        exit(code)
    }

    /// The library's name and version. May be asked before MPI starts (8.1.1).
    public static var libraryVersion: String {
        stringFromMPI(capacity: MPI_MAX_LIBRARY_VERSION_STRING) { MPI_Get_library_version($0, $1) } ?? "unknown MPI"
    }

    /// The first words of it: "Open MPI v4.1.4".
    public static var libraryName: String {
        String(libraryVersion.prefix { $0 != "," && $0 != "\n" })
    }

    /// Variables that Open MPI, PMIx, PMI (MPICH, Slurm) and Intel MPI set in each process that they launch.
    private static let launcherVariables = [
        "OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID",
    ]

    /// Whether a launcher started this process.
    public static var isLaunched: Bool { launcherVariables.contains { getenv($0) != nil } }

    /// Between MPI_Init and MPI_Finalize: the only time in which a handle may be freed.
    static var isRunning: Bool {
        var isInitialized: Int32 = 0
        var isFinalized: Int32 = 0
        return MPI_Initialized(&isInitialized) == Int32(MPI_SUCCESS)
            && MPI_Finalized(&isFinalized) == Int32(MPI_SUCCESS)
            && isInitialized != 0 && isFinalized == 0
    }
}
