/// What the launcher says in the environment: how many processes it started, and which of them this is. MPI says the
/// same where it works. Where the world is smaller, the launcher and MPI do not understand each other (srun without
/// PMIx, the mpirun of another library), and each process would do all the work alone.
package struct LaunchAnnouncement: Codable, Sendable, Equatable {
    package var count: Int
    package var rank: Int
    /// The variable that says so.
    package var variable: String

    package init(count: Int, rank: Int, variable: String) {
        self.count = count
        self.rank = rank
        self.variable = variable
    }

    /// The innermost launcher first: mpirun inside of a Slurm job is the one that counts. The last one is of a whole
    /// Slurm job, and set in its script too, where nothing was launched.
    private static let variables = [
        ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"), ("PMI_SIZE", "PMI_RANK"),
        ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID"), ("SLURM_NTASKS", "SLURM_PROCID"),
    ]

    /// To be asked before MPI starts, as MPI sets some of them itself.
    package static func read(environment: (String) -> String?) -> LaunchAnnouncement? {
        for (size, rank) in variables {
            guard let count = environment(size).flatMap({ Int($0) }) else { continue }
            return LaunchAnnouncement(count: count, rank: environment(rank).flatMap { Int($0) } ?? 0, variable: size)
        }
        return nil
    }

    /// Whether processes were started for certain, and whether several were.
    package var isCertain: Bool { variable != "SLURM_NTASKS" }
    package var isOfSeveral: Bool { isCertain && count > 1 }

    package var problem: String {
        "\(variable) says \(count) processes, but this one is alone: each would do all "
            + "the work"
    }

    package func remedy(mpiLibrary: String) -> String {
        variable.hasPrefix("SLURM")
            ? "start with srun --mpi=pmix (srun --mpi=list shows what this Slurm has), or with mpirun"
            : "start with the mpirun of the MPI library that electra-dist was built with (\(mpiLibrary))"
    }
}
