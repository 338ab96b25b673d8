/// Something that is wrong, or will be, and what to do about it.
public struct DoctorFinding: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable, Equatable {
        case notDistributed, oversubscribed, sharedCore, oneCoreEach, coreLimit, slowKernel, unknownKernel
        case libraryThreads, mixedProcessors, mixedLibraries, slowRank, slowNetwork, littleMemory, hugePagesOff
    }

    public let kind: Kind
    public let problem: String
    public let remedy: String
}

// Each rule is a function of the report alone.
extension DoctorReport {
    /// The worst first.
    public var findings: [DoctorFinding] {
        [
            notDistributed(), placement(), coreLimits(), kernels(), libraryThreads(), mixedMachines(), slowRanks(),
            slowNetwork(), littleMemory(), hugePages(),
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

    /// Which cores the ranks of a host may use.
    private func placement() -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        for host in hosts {
            let count = host.ranks.count
            let cores = host.cores.count
            if cores == 0 { continue }
            if count > cores && host.machine.coresOfHost > cores {
                findings.append(
                    DoctorFinding(
                        kind: .sharedCore,
                        problem: "\(host.name): \(count) ranks share \(counted(cores, "core")), though the "
                            + "host has \(host.machine.coresOfHost)",
                        remedy: "mpirun --bind-to core gives each rank a core of its own, --bind-to none leaves "
                            + "it to the system; srun: --cpus-per-task"))
            } else if count > cores {
                findings.append(
                    DoctorFinding(
                        kind: .oversubscribed,
                        problem: "\(host.name): \(count) ranks on \(counted(cores, "core")): they take "
                            + "turns, and wait for one another",
                        remedy: "start \(cores) there at most; where it has to be, add --mca mpi_yield_when_idle "
                            + "1 to mpirun"))
            } else if host.ranks.allSatisfy({ ranks[$0].machine.cores.count == 1 }), host.machine.coresOfHost > count {
                findings.append(
                    DoctorFinding(
                        kind: .oneCoreEach,
                        problem: "\(host.name): each rank is bound to one core, and "
                            + "\(host.machine.coresOfHost - count) of \(host.machine.coresOfHost) cores stay "
                            + "idle, whatever --threads says",
                        remedy: "start one rank for each core, or use --threads together with mpirun --bind-to none "
                            + "(srun: --cpus-per-task)"))
            }
        }
        return findings
    }

    /// A container may see many cores and be given the time of few.
    private func coreLimits() -> [DoctorFinding] {
        hosts.compactMap { host in
            guard let limit = host.machine.coreLimit, limit < Double(host.cores.count), limit < Double(host.ranks.count)
            else { return nil }
            return DoctorFinding(
                kind: .coreLimit,
                problem: "\(host.name): \(counted(host.ranks.count, "rank")), but a limit on CPU time of "
                    + "\(decimal(limit, 1)) cores",
                remedy: "raise the limit of the container or job (Kubernetes: resources.limits.cpu), or start "
                    + "fewer ranks")
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
        // Ranks that take turns on a core are slow for that reason, which is a finding already.
        let crowded = hosts.filter { $0.ranks.count > $0.cores.count }.flatMap(\.ranks)
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
