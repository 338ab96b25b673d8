import ElectraKernels
import ElectraSupport
import ElectraTraining

/// Something that is wrong, or will be, and what to do about it.
package struct DoctorFinding: Codable, Sendable, Equatable {
    package enum Kind: String, Codable, Sendable, Equatable {
        case notDistributed, oversubscribed, sharedCore, oneCoreEach, coreLimit, busyHost, stolenTime
        case slowKernel, unknownKernel, forbiddenTiles, libraryThreads, mixedProcessors, mixedLibraries, slowRank,
            slowNetwork, slowLink, littleMemory, hugePagesOff
    }

    package let kind: Kind
    package let problem: String
    package let remedy: String

    init(kind: Kind, problem: String, remedy: String) {
        self.kind = kind
        self.problem = problem
        self.remedy = remedy
    }

    init(_ kind: Kind, _ hindrance: LaneHindrance) {
        self.init(kind: kind, problem: hindrance.problem, remedy: hindrance.remedy)
    }
}

// Each rule is a function of the report alone.
extension DoctorReport {
    /// The worst first.
    package var findings: [DoctorFinding] {
        [
            notDistributed(), placement(), coreLimits(), otherWork(), stolenTime(), kernels(), forbiddenTiles(),
            libraryThreads(), mixedMachines(), slowRanks(), slowNetwork(), slowLinks(), littleMemory(), hugePages(),
        ].flatMap(\.self)
    }

    /// A launcher started several processes, but each of them believes to be alone.
    private func notDistributed() -> [DoctorFinding] {
        guard ranks.count == 1, let announcement = launch.announcement, announcement.count > 1 else { return [] }
        return [
            DoctorFinding(
                kind: .notDistributed, problem: announcement.problem,
                remedy: announcement.remedy(mpiLibrary: launch.mpiLibrary))
        ]
    }

    /// Which cores the lanes of a host may use.
    private func placement() -> [DoctorFinding] {
        hosts.compactMap { host in
            guard let crowding = Crowding(host.ranks.map { ranks[$0].machine }, threads: launch.threads) else {
                return idleCores(host)
            }
            return DoctorFinding(crowding.isWholeHost ? .oversubscribed : .sharedCore, crowding.hindrance)
        }
    }

    /// Every rank has one core, and others are left over.
    private func idleCores(_ host: Host) -> DoctorFinding? {
        let machine = host.machine
        let idle = machine.coresOfHost - host.ranks.count
        guard host.ranks.allSatisfy({ ranks[$0].machine.cores.count == 1 }), idle > 0 else { return nil }
        let remedy =
            switch machine.coreSource {
            case .mpirun:
                "start one rank for each core, or give --threads to each: with them a rank takes as many cores (doctor "
                    + "--threads shows which)"
            case .slurm: "start one rank for each core (srun --ntasks), or srun --cpus-per-task together with --threads"
            case .openMP: "unset OMP_PLACES and GOMP_CPU_AFFINITY, which name these cores; then use --threads"
            case .outside:
                "taskset, numactl or the cpuset of a job or container leaves no others to it: start it with more cores, and "
                    + "one rank or one of --threads for each"
            }
        return DoctorFinding(
            kind: .oneCoreEach,
            problem: "\(host.name): \(host.ranks.count == 1 ? "the rank" : "each rank") has one core, and \(idle) of "
                + "\(machine.coresOfHost) stay idle",
            remedy: remedy)
    }

    private func coreLimits() -> [DoctorFinding] {
        hosts.compactMap { host in
            CoreLimit.hindrance(host.ranks.map { ranks[$0].machine }, threads: launch.threads).map {
                DoctorFinding(.coreLimit, $0)
            }
        }
    }

    /// Other programs on the cores that the training would have.
    private func otherWork() -> [DoctorFinding] {
        hosts.compactMap { host in
            guard let load = load(of: host), load.othersMatter(among: host.machine.coresOfHost) else { return nil }
            return DoctorFinding(
                kind: .busyHost,
                problem: "\(host.name): other programs kept \(decimal(load.others, 1)) of "
                    + "\(counted(host.machine.coresOfHost, "core")) busy during the measurements: these, and the training, "
                    + "are slower than on a quiet machine",
                remedy:
                    "look for them (top), end them or wait for them, or leave cores to them (fewer ranks or threads); "
                    + "measure again")
        }
    }

    /// What a virtual machine wanted and did not get.
    private func stolenTime() -> [DoctorFinding] {
        hosts.compactMap { host in
            guard let load = load(of: host), load.stolenShare > 0.03 else { return nil }
            return DoctorFinding(
                kind: .stolenTime,
                problem:
                    "\(host.name): the hypervisor gave \(decimal(100 * load.stolenShare, 0)) % of the time that programs "
                    + "wanted here to other virtual machines",
                remedy:
                    "nothing on this machine helps: measure again later, or take one with cores of its own (a dedicated "
                    + "instance)")
        }
    }

    /// Matrix kernels that do not use what the CPU has.
    private func kernels() -> [DoctorFinding] {
        hosts.compactMap { host in
            let library = ranks[host.ranks[0]].matrixLibrary
            guard let level = library.missedLevel(on: host.machine.processor) else {
                if library.vectorLevel != nil || !host.machine.processor.hasAVX2 { return nil }
                return DoctorFinding(
                    kind: .unknownKernel,
                    problem: "\(host.name): BLAS runs its \(library.kernel) kernels, of which electra-dist does "
                        + "not know what they use",
                    remedy: "compare the GFLOP/s above with "
                        + "OPENBLAS_CORETYPE=\(host.machine.processor.hasAVX512 ? "SkylakeX" : "Haswell") "
                        + "electra-dist doctor")
            }
            let name = level == .avx512 ? "AVX-512" : "AVX2"
            return DoctorFinding(
                kind: .slowKernel,
                problem: "\(host.name): BLAS runs its \(library.kernel) kernels, though the CPU has \(name): up "
                    + "to twice as slow",
                remedy: library.choosesKernel
                    ? "unset OPENBLAS_CORETYPE and ONEDNN_MAX_CPU_ISA, or set the former to "
                        + "\(MatrixLibrary.kernel(for: level)) (mpirun -x OPENBLAS_CORETYPE=...)"
                    : "this OpenBLAS was built for one CPU only: install one that chooses at run time (Debian: "
                        + "libopenblas0-pthread)")
        }
    }

    private func forbiddenTiles() -> [DoctorFinding] {
        hosts.compactMap { host in
            guard ranks[host.ranks[0]].matrixLibrary.tilesAreForbidden == true else { return nil }
            return DoctorFinding(
                kind: .forbiddenTiles,
                problem: "\(host.name): the CPU has tiles (AMX), and the system does not let programs use them: "
                    + "--precision bf16 is several times slower than it could be",
                remedy: "use Linux 5.16 or later, and a container whose seccomp profile allows arch_prctl")
        }
    }

    private func libraryThreads() -> [DoctorFinding] {
        // An OpenBLAS that multiplies nothing may have as many as it likes.
        let threads = ranks.filter { !$0.matrixLibrary.oneDNNHasAVX512 }.map(\.matrixLibrary.threads).max() ?? 1
        if threads == 1 { return [] }
        return [
            DoctorFinding(
                kind: .libraryThreads,
                problem: "BLAS uses \(threads) threads for each product, on top of electra-dist's own",
                remedy: "set OPENBLAS_NUM_THREADS=1 and use --threads")
        ]
    }

    /// The same bits are promised on one kind of CPU, and for one BLAS.
    private func mixedMachines() -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        let processors = groups { $0.machine.processor.model }
        if processors.count > 1 {
            findings.append(
                DoctorFinding(
                    kind: .mixedProcessors,
                    problem: "the hosts have different CPUs (\(Self.listed(processors))): a run may not give the "
                        + "same bits again when its ranks move, and the slowest sets the pace",
                    remedy: "use hosts of one kind (Slurm: --constraint)"))
        }
        let libraries = groups { $0.matrixLibrary.summary }
        if libraries.count > 1 {
            findings.append(
                DoctorFinding(
                    kind: .mixedLibraries,
                    problem: "the ranks use different BLAS (\(Self.listed(libraries))): a run may not give the "
                        + "same bits again when its ranks move",
                    remedy: processors.count > 1
                        ? "use hosts of one kind"
                        : "install the same OpenBLAS and oneDNN on all hosts, and set OPENBLAS_CORETYPE and "
                            + "ONEDNN_MAX_CPU_ISA on all or on none"))
        }
        return findings
    }

    /// All ranks wait for the slowest one, in each step.
    private func slowRanks() -> [DoctorFinding] {
        let typical = spread(of: \.gigaflopsPerSecond).median
        // Ranks that take turns on a core, with one another or with other programs, are slow for that reason, which is a
        // finding already.
        let crowded = hosts.filter { host in
            Crowding(host.ranks.map { ranks[$0].machine }, threads: 1) != nil
                || load(of: host)?.othersMatter(among: host.machine.coresOfHost) == true
        }.flatMap(\.ranks)
        let slow = ranks.indices.filter { ranks[$0].gigaflopsPerSecond < 0.7 * typical && !crowded.contains($0) }
        guard let slowest = slow.min(by: { ranks[$0].gigaflopsPerSecond < ranks[$1].gigaflopsPerSecond }) else {
            return []
        }
        let host = ranks[slowest].machine.host
        let reached = decimal(ranks[slowest].gigaflopsPerSecond, 0)
        let figure = "\(reached) of the usual \(decimal(typical, 0)) GFLOP/s"
        let others = slow.count > 1 ? ", and \(slow.count - 1) more \(slow.count == 2 ? "is" : "are") slow" : ""
        return [
            DoctorFinding(
                kind: .slowRank,
                problem: "rank \(slowest) on \(host) reaches \(figure)\(others): all ranks wait for the slowest",
                remedy: "look for other programs on \(host) (top), and for a CPU that is hot or saves power; "
                    + "measure again")
        ]
    }

    private func slowNetwork() -> [DoctorFinding] {
        guard let communication, hosts.count > 1, communication.pairMilliseconds > 500 else { return [] }
        return [
            DoctorFinding(
                kind: .slowNetwork,
                problem: "the network takes \(decimal(communication.pairMilliseconds, 0)) ms for the "
                    + "gradients of preset small in each step",
                remedy: "let MPI use the fastest one (mpirun --mca btl_tcp_if_include NAME); a larger --batch "
                    + "sends less often")
        ]
    }

    /// Every host waits for the slowest link in each step.
    private func slowLinks() -> [DoctorFinding] {
        let links = communication?.links ?? []
        guard links.count > 2 else { return [] }
        let typical = links.map(\.gigabytesPerSecond).sorted()[links.count / 2]
        let slow = links.filter { $0.gigabytesPerSecond < 0.6 * typical }
        guard let slowest = slow.min(by: { $0.gigabytesPerSecond < $1.gigabytesPerSecond }) else { return [] }
        // Where all slow ones have one host in common, it is that host's.
        let common = [slowest.one, slowest.other].first { rank in
            slow.count > 1 && slow.allSatisfy { $0.one == rank || $0.other == rank }
        }
        let place =
            common.map { "all links of \(ranks[$0].machine.host)" }
            ?? "the link of \(ranks[slowest.one].machine.host) and \(ranks[slowest.other].machine.host)"
        return [
            DoctorFinding(
                kind: .slowLink,
                problem: "\(place): \(decimal(slowest.gigabytesPerSecond, 2)) GB/s, where others reach "
                    + "\(decimal(typical, 2)): every step waits for it",
                remedy:
                    "look at its cable, port and switch (ethtool, ibstat), and for other jobs there; or leave the host out"
            )
        ]
    }

    /// Preset small stays under 1 GB a rank.
    private func littleMemory() -> [DoctorFinding] {
        hosts.compactMap { host in
            let perRank = host.machine.memoryAvailable / host.ranks.count
            guard perRank < 1 << 30 else { return nil }
            return DoctorFinding(
                kind: .littleMemory,
                problem: "\(host.name): \(Self.gigabytes(perRank)) of free memory for each rank; preset small "
                    + "wants 1 GB, larger ones more",
                remedy: "start fewer ranks with more --threads (threads share the parameters), or raise the "
                    + "memory limit of the job")
        }
    }

    private func hugePages() -> [DoctorFinding] {
        let without = hosts.filter { $0.machine.hugePages == "never" }
        guard let first = without.first else { return [] }
        let more = without.count > 1 ? " and \(without.count - 1) more" : ""
        return [
            DoctorFinding(
                kind: .hugePagesOff,
                problem: "\(first.name)\(more): transparent huge pages are off, which costs some percent of speed",
                remedy: "as root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled")
        ]
    }

    /// The different values of a property, each with one host that has it.
    private func groups(_ property: (Rank) -> String) -> [(value: String, host: String)] {
        var groups: [(value: String, host: String)] = []
        for rank in ranks where !groups.contains(where: { $0.value == property(rank) }) {
            groups.append((property(rank), rank.machine.host))
        }
        return groups
    }

    private static func listed(_ groups: [(value: String, host: String)]) -> String {
        groups.map { "\($0.value) on \($0.host)" }.joined(separator: "; ")
    }
}
