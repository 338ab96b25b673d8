import Glibc

/// What Open MPI's mpirun did about the cores of this process. By itself it binds each rank to one core where there are two
/// ranks or fewer, and to one socket where there are more; a thread more than cores, and they take turns.
package struct Launcher {
    /// Whether mpirun narrowed the cores of this rank. It does so by a call that the rank may take back.
    package let isBinding: Bool
    /// Among the ranks that it started on this host.
    package let rank: Int
    package let ranks: Int

    package init(environment: (String) -> String?) {
        func number(_ name: String) -> Int? { environment(name).flatMap { Int($0) } }
        isBinding = environment("OMPI_MCA_orte_bound_at_launch") != nil
        ranks = max(number("OMPI_COMM_WORLD_LOCAL_SIZE") ?? 1, 1)
        rank = min(max(number("OMPI_COMM_WORLD_LOCAL_RANK") ?? 0, 0), ranks - 1)
    }

    /// The cores of mpirun, or of its daemon on this host, themselves: what the user, or a batch system, gave to all ranks.
    /// It is the nearest process above that mpirun did not start. Nil where that cannot be seen.
    package static func cores(above process: Int = Int(getppid()), root: String = "/proc") -> [Int]? {
        var process = process
        while process > 0 {
            let variables = SystemFile.text("\(root)/\(process)/environ", limit: 1 << 20)
            let status = SystemFile.text("\(root)/\(process)/status")
            if variables.isEmpty || status.isEmpty { return nil }
            let isRank = variables.split(separator: "\0").contains { $0.hasPrefix("OMPI_COMM_WORLD_RANK=") }
            if !isRank {
                let cores = Machine.allowedCores(in: status)
                return cores.isEmpty ? nil : cores
            }
            process = Machine.value("PPid:", in: status).flatMap { Int($0) } ?? 0
        }
        return nil
    }
}

/// What narrowed the cores of a process, as far as a remedy depends on it.
package enum CoreSource: String, Codable, Sendable, Equatable {
    /// mpirun's binding, and mpirun itself has more.
    case mpirun
    /// The user's words to OpenMP: OMP_PLACES or GOMP_CPU_AFFINITY.
    case openMP
    /// srun, for each task.
    case slurm
    /// taskset, numactl, the cpuset of a container or of a job; or nothing did.
    case outside

    /// Of a process that has `cores`, and `inReach` with the binding of mpirun taken back.
    init(cores: [Int], inReach: [Int], openMPBinds: Bool, environment: (String) -> String?) {
        // The names of kinds, as "cores", leave none out.
        let places = environment("OMP_PLACES")?.contains { "{(".contains($0) } == true
        if inReach.count > cores.count {
            self = .mpirun
        } else if openMPBinds && (places || environment("GOMP_CPU_AFFINITY") != nil) {
            self = .openMP
        } else if environment("SLURM_STEP_NUM_TASKS") != nil && environment("OMPI_MCA_orte_launch") == nil {
            self = .slurm
        } else {
            self = .outside
        }
    }
}
