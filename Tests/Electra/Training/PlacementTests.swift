import TestSupport
import Testing

@testable import ElectraSupport
@testable import ElectraTraining

/// Which cores lanes get, by made-up machines: none of it depends on the one that the tests run on.
@Suite struct PlacementTests {
    // MARK: What a rank takes

    struct Case: Sendable, CustomTestStringConvertible {
        let what: String
        var sockets = 1
        /// Cores of a socket; the second hardware threads have the numbers after all first ones, as on most machines.
        var cores = 8
        var hardwareThreads = 1
        let mask: [Int]
        /// What mpirun has; all of it if nil.
        var all: [Int]?
        let threads: Int
        var rank = 0
        var ranks = 1
        let taken: [Int]?

        var testDescription: String { what }
    }

    @Test(arguments: [
        Case(what: "one thread is content", mask: [3], threads: 1, taken: nil),
        Case(what: "as many cores as threads", mask: [2, 3], threads: 2, taken: nil),
        Case(what: "more cores than threads", mask: Array(0..<8), threads: 2, taken: nil),
        Case(what: "a rank alone takes all", mask: [0], threads: 2, taken: Array(0..<8)),
        Case(what: "the first of two ranks", mask: [0], threads: 4, rank: 0, ranks: 2, taken: [0, 1, 2, 3]),
        Case(what: "the second of two ranks", mask: [1], threads: 4, rank: 1, ranks: 2, taken: [4, 5, 6, 7]),
        Case(what: "too few for all ranks", mask: [1], threads: 5, rank: 1, ranks: 2, taken: Array(0..<8)),
        Case(what: "mpirun has no more", mask: [5], all: [5], threads: 2, taken: nil),
        Case(what: "a core that mpirun does not have", mask: [0], all: [5], threads: 1, taken: [5]),
        Case(what: "mpirun has two of eight", mask: [5], all: [5, 6], threads: 4, taken: [5, 6]),
        Case(
            what: "shares of what mpirun has", mask: [4], all: [2, 3, 4, 5], threads: 2, rank: 1, ranks: 2,
            taken: [4, 5]),
        Case(
            what: "two hardware threads are one core", cores: 4, hardwareThreads: 2, mask: [0, 4], threads: 2, rank: 0,
            ranks: 2, taken: [0, 1, 4, 5]),
        Case(
            what: "and the second rank", cores: 4, hardwareThreads: 2, mask: [1, 5], threads: 2, rank: 1, ranks: 2,
            taken: [2, 3, 6, 7]),
        Case(
            what: "a socket each", sockets: 2, cores: 2, mask: [1], threads: 2, rank: 1, ranks: 2, taken: [2, 3]),
    ])
    func aRankTakes(_ the: Case) throws {
        let place = try Workplace()
        let cores = the.sockets * the.cores
        for thread in 0..<cores * the.hardwareThreads {
            let siblings = (0..<the.hardwareThreads).map { "\(thread % cores + $0 * cores)" }.joined(separator: ",")
            try place.write("cpu\(thread)/topology/thread_siblings_list", siblings + "\n")
            try place.write("cpu\(thread)/topology/physical_package_id", "\(thread % cores / the.cores)\n")
        }
        let all = the.all ?? Array(0..<cores * the.hardwareThreads)
        let topology = CoreTopology(of: all + the.mask, root: place.path)
        let placement = LanePlacement(threads: the.threads, rank: the.rank, ranks: the.ranks)
        #expect(placement.cores(insteadOf: the.mask, outOf: all, topology) == the.taken)
    }

    @Test func socketsMayHaveEveryOtherNumber() throws {
        let place = try Workplace()
        for thread in 0..<8 { try place.write("cpu\(thread)/topology/physical_package_id", "\(thread % 2)\n") }
        let topology = CoreTopology(of: Array(0..<8), root: place.path)
        #expect(topology.cores(of: Array(0..<8)) == [[0], [2], [4], [6], [1], [3], [5], [7]])
        let second = LanePlacement(threads: 4, rank: 1, ranks: 2)
        #expect(second.cores(insteadOf: [1], outOf: Array(0..<8), topology) == [1, 3, 5, 7])
        // Where the system does not tell, each is a core.
        #expect(CoreTopology(of: [0, 1], root: place.file("none")).cores(of: [1, 0]) == [[0], [1]])
    }

    // MARK: What the launcher did

    @Test func mpirunSaysThatItBound() {
        func launcher(_ environment: [String: String]) -> Launcher { Launcher { environment[$0] } }
        let bound = launcher([
            "OMPI_MCA_orte_bound_at_launch": "1", "OMPI_COMM_WORLD_LOCAL_RANK": "3", "OMPI_COMM_WORLD_LOCAL_SIZE": "4",
        ])
        #expect(bound.isBinding && bound.rank == 3 && bound.ranks == 4)
        #expect(!launcher(["OMPI_COMM_WORLD_LOCAL_SIZE": "4", "OMPI_MCA_hwloc_base_binding_policy": "none"]).isBinding)
        let odd = launcher(["OMPI_COMM_WORLD_LOCAL_RANK": "7", "OMPI_COMM_WORLD_LOCAL_SIZE": "none"])
        #expect(odd.rank == 0 && odd.ranks == 1)
    }

    /// A rank, a script of the user's around it, mpirun, and a shell.
    @Test func theCoresOfMpirunAreThoseOfTheFirstProcessThatIsNoRank() throws {
        let place = try Workplace()
        func process(_ id: Int, parent: Int, cores: String, environment: String) throws {
            try place.write("\(id)/status", "Name:\tx\nPPid:\t\(parent)\nCpus_allowed_list:\t\(cores)\n")
            try place.write("\(id)/environ", environment)
        }
        try process(40, parent: 30, cores: "2", environment: "A=1\0OMPI_COMM_WORLD_RANK=0\0")
        try process(30, parent: 20, cores: "0-5", environment: "A=1\0X_OMPI_COMM_WORLD_RANK=0\0")
        try process(20, parent: 1, cores: "0-7", environment: "A=1\0")
        #expect(Launcher.cores(above: 40, root: place.path) == [0, 1, 2, 3, 4, 5])
        #expect(Launcher.cores(above: 20, root: place.path) == Array(0..<8))
        // Hidden, or in another container.
        #expect(Launcher.cores(above: 0, root: place.path) == nil)
        #expect(Launcher.cores(above: 99, root: place.path) == nil)
        try process(50, parent: 0, cores: "2", environment: "OMPI_COMM_WORLD_RANK=0\0")
        #expect(Launcher.cores(above: 50, root: place.path) == nil)
    }

    @Test(
        arguments: [
            (CoreSource.mpirun, [0], [0, 1], false, [:]),
            (.outside, [0], [0], false, [:]),
            (.slurm, [0], [0], false, ["SLURM_STEP_NUM_TASKS": "4"]),
            // mpirun inside of a job.
            (.outside, [0], [0], false, ["SLURM_STEP_NUM_TASKS": "4", "OMPI_MCA_orte_launch": "1"]),
            (.openMP, [0], [0], true, ["GOMP_CPU_AFFINITY": "0"]),
            (.openMP, [0], [0], true, ["OMP_PLACES": "{0}"]),
            (.openMP, [0], [0], true, ["OMP_PLACES": "cores(1)"]),
            (.outside, [0], [0], true, ["OMP_PLACES": "cores"]),
            (.outside, [0], [0], false, ["OMP_PLACES": "{0}"]),
        ] as [(CoreSource, [Int], [Int], Bool, [String: String])])
    func whatNarrowedTheCores(
        source: CoreSource, cores: [Int], inReach: [Int], binds: Bool, variables: [String: String]
    ) {
        #expect(CoreSource(cores: cores, inReach: inReach, openMPBinds: binds) { variables[$0] } == source)
    }

    // MARK: What is said where lanes have to share

    static func machine(
        _ cores: [Int], on host: String = "node1", of total: Int = 4, inReach: [Int]? = nil,
        _ source: CoreSource = .outside,
        limit: Double? = nil
    ) -> Machine {
        Machine(
            host: host, processor: .avx2, cores: cores, coresInReach: inReach, coreSource: source,
            coresOfHost: total, coreLimit: limit, memory: 64 << 30, memoryAvailable: 60 << 30, hugePages: "madvise")
    }

    @Test func nothingIsSaidWhereAllIsWell() {
        let four = [0, 1, 2, 3]
        #expect(Crowding.note(on: [Self.machine(four)], threads: 4) == nil)
        #expect(Crowding.note(on: [Self.machine([0, 1]), Self.machine([2, 3])], threads: 2) == nil)
        #expect(Crowding.note(on: [Self.machine(four), Self.machine(four)], threads: 2) == nil)
        #expect(Crowding.note(on: [Self.machine([0], on: "a"), Self.machine([0], on: "b")], threads: 1) == nil)
        #expect(Crowding.note(on: [Self.machine(four, limit: 4)], threads: 4) == nil)
        // Where the system does not tell.
        #expect(Crowding.note(on: [Self.machine([])], threads: 4) == nil)
    }

    @Test(
        arguments: [
            (
                [machine([0])], 2, "node1: 2 threads on 1 of its 4 cores: they take turns;",
                "taskset, numactl;2 cores;--threads"
            ),
            ([machine([0, 1])], 9, "9 threads on 2 of its 4 cores", "start it with 4 cores"),
            ([machine([0], .openMP)], 2, "2 threads on 1 of its 4 cores", "unset OMP_PLACES and GOMP_CPU_AFFINITY"),
            ([machine([0], .slurm)], 3, "3 threads on 1 of its 4 cores", "srun --cpus-per-task=3"),
            ([machine([0], inReach: [0, 1], .mpirun)], 2, "2 threads on 1 of its 4 cores", "mpirun --bind-to none"),
            ([machine([0, 1, 2, 3])], 6, "6 threads on 4 cores: they take turns;", "--threads 4 at most"),
            (
                [machine([0]), machine([0])], 1,
                "2 ranks on 1 of its 4 cores: they take turns, and wait for one another",
                "fewer ranks"
            ),
            (
                [machine([0, 1], of: 2), machine([0, 1], of: 2)], 2, "2 ranks x 2 threads on 2 cores",
                "start 2 there at most, ranks x threads"
            ),
            // Only those that are crowded count.
            ([machine([0]), machine([0]), machine([1, 2, 3])], 1, "2 ranks on 1 of its 4 cores", "fewer ranks"),
            ([machine([0, 1, 2, 3]), machine([0])], 2, "2 threads on 1 of its 4 cores", "--threads"),
            ([machine([0], on: "a"), machine([1], on: "b")], 2, "a: 2 threads on 1 of", "doctor tells of 1 more"),
            (
                [machine([0, 1, 2, 3], limit: 1.5)], 2, "node1: 2 threads, but a limit on CPU time of 1.5 cores",
                "fewer threads"
            ),
        ] as [([Machine], Int, String, String)])
    func crowdedLanes(machines: [Machine], threads: Int, problem: String, remedies: String) throws {
        let note = try #require(Crowding.note(on: machines, threads: threads))
        #expect(note.hasPrefix("note: ") && note.contains(problem), "\(note)")
        for remedy in remedies.split(separator: ";") { #expect(note.contains(remedy), "\(note)") }
        if !remedies.contains("bind-to") { #expect(!note.contains("bind-to"), "a remedy that was taken: \(note)") }
    }
}
