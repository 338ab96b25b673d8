package import ElectraSupport

/// What keeps lanes from computing at the same time, and what to do about it.
package struct LaneHindrance {
    package let problem: String
    package let remedy: String
}

/// More lanes than cores, somewhere on a host: they take turns, and all others wait for them.
package struct Crowding: Equatable {
    package let machine: Machine
    /// Ranks that have to share `cores`.
    package let ranks: Int
    package let threads: Int
    package let cores: Int

    /// Of the ranks of one host, with `threads` lanes each: the fewest cores that are too few for those which have no others.
    package init?(_ machines: [Machine], threads: Int) {
        let masks = Set(machines.map { Set($0.cores) }).union([Set(machines.flatMap(\.cores))])
        let crowded = masks.filter { !$0.isEmpty }.compactMap { mask -> (cores: Int, inside: [Machine])? in
            let inside = machines.filter { mask.isSuperset(of: $0.cores) }
            return inside.count * threads > mask.count ? (mask.count, inside) : nil
        }
        guard let worst = crowded.min(by: { ($0.cores, -$0.inside.count) < ($1.cores, -$1.inside.count) }) else {
            return nil
        }
        machine = worst.inside[0]
        ranks = worst.inside.count
        self.threads = threads
        cores = worst.cores
    }

    /// Whether the host has no others.
    package var isWholeHost: Bool { cores >= machine.coresOfHost }

    package var problem: String {
        let share = isWholeHost ? counted(cores, "core") : "\(cores) of its \(machine.coresOfHost) cores"
        let waiting = ranks > 1 ? ", and wait for one another" : ""
        return "\(machine.host): \(Self.lanes(ranks, threads)) on \(share): they take turns\(waiting)"
    }

    package var remedy: String {
        if isWholeHost {
            let most = ranks == 1 ? "use --threads \(cores) at most" : "start \(cores) there at most"
            let counting = ranks > 1 && threads > 1 ? ", ranks x threads" : ""
            let yielding = ranks > 1 ? "; where it has to be, add --mca mpi_yield_when_idle 1 to mpirun" : ""
            return most + counting + yielding
        }
        let wanted = counted(min(ranks * threads, machine.coresOfHost), "core")
        return switch machine.coreSource {
        case .mpirun: "mpirun --bind-to none leaves the choice of cores to the system"
        case .openMP: "unset OMP_PLACES and GOMP_CPU_AFFINITY, which name these cores"
        case .slurm: "srun --cpus-per-task=\(threads)"
        case .outside:
            "taskset, numactl or the cpuset of a job or container leaves no others to it: start it with \(wanted), or with "
                + (threads > 1 ? "fewer --threads" : "fewer ranks")
        }
    }

    /// "2 ranks x 2 threads", without what there is one of.
    package static func lanes(_ ranks: Int, _ threads: Int) -> String {
        if ranks == 1 { return counted(threads, "thread") }
        return counted(ranks, "rank") + (threads > 1 ? " x \(counted(threads, "thread"))" : "")
    }

    /// For the start of a run: the first thing that keeps lanes from computing at the same time; nil if nothing does.
    package static func note(on machines: [Machine], threads: Int) -> String? {
        let hindrances = byHost(machines).flatMap { host in
            [Crowding(host, threads: threads)?.hindrance, CoreLimit.hindrance(host, threads: threads)].compactMap { $0 }
        }
        guard let first = hindrances.first else { return nil }
        let more = hindrances.count > 1 ? " (electra-dist doctor tells of \(hindrances.count - 1) more)" : ""
        return "note: \(first.problem); \(first.remedy)\(more)"
    }

    private static func byHost(_ machines: [Machine]) -> [[Machine]] {
        var hosts: [[Machine]] = []
        for machine in machines {
            if let index = hosts.firstIndex(where: { $0[0].host == machine.host }) {
                hosts[index].append(machine)
            } else {
                hosts.append([machine])
            }
        }
        return hosts
    }

    package var hindrance: LaneHindrance { LaneHindrance(problem: problem, remedy: remedy) }
}

/// A container may see many cores and be given the time of few.
package enum CoreLimit {
    /// Of the ranks of one host.
    package static func hindrance(_ machines: [Machine], threads: Int) -> LaneHindrance? {
        let lanes = machines.count * threads
        let cores = Set(machines.flatMap(\.cores)).count
        guard let limit = machines[0].coreLimit, limit < Double(cores), limit < Double(lanes) else { return nil }
        return LaneHindrance(
            problem: "\(machines[0].host): \(Crowding.lanes(machines.count, threads)), but a limit on CPU time of "
                + "\(decimal(limit, 1)) cores",
            remedy: "raise the limit of the container or job (Kubernetes: resources.limits.cpu), or start fewer "
                + (threads > 1 ? "threads" : "ranks"))
    }
}
