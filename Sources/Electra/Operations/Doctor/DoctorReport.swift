package import ElectraKernels
package import ElectraSupport

/// What `electra-dist doctor` saw: facts and measurements only. What is wrong with them: DoctorFindings.swift; for a
/// person to read: DoctorText.swift.
package struct DoctorReport: Codable, Sendable, Equatable {
    package var version: String
    package var launch: Launch
    /// In the order of ranks.
    package var ranks: [Rank]
    /// Nil where there is one rank only.
    package var communication: Communication?

    package init(version: String = programVersion, launch: Launch, ranks: [Rank], communication: Communication?) {
        self.version = version
        self.launch = launch
        self.ranks = ranks
        self.communication = communication
    }

    /// How the program was started.
    package struct Launch: Codable, Sendable, Equatable {
        /// Whether MPI runs.
        package var isDistributed: Bool
        package var mpiLibrary: String
        /// What the launcher says, if there is one.
        package var announcement: LaunchAnnouncement?
        /// That each rank will have in the training.
        package var threads: Int
        /// Of which steps are measured.
        package var preset: String
        /// Of the run, if it is known.
        package var slices: Int?

        package init(
            isDistributed: Bool, mpiLibrary: String, announcement: LaunchAnnouncement? = nil, threads: Int = 1,
            preset: String = "small", slices: Int? = nil
        ) {
            self.isDistributed = isDistributed
            self.mpiLibrary = mpiLibrary
            self.announcement = announcement
            self.threads = threads
            self.preset = preset
            self.slices = slices
        }
    }

    /// What one rank saw while all worked at once.
    package struct Rank: Codable, Sendable, Equatable {
        package var machine: Machine
        package var matrixLibrary: MatrixLibrary
        /// Single-threaded matrix products, in 10^9 operations a second.
        package var gigaflopsPerSecond: Double
        /// The same in bf16; nil where the CPU has no instructions for it.
        package var bfloat16GigaflopsPerSecond: Double?
        /// Adding one large array to another, in 10^9 bytes a second.
        package var memoryGigabytesPerSecond: Double
        /// In steps of training, one for each precision; nil where there was not enough memory for them.
        package var training: [TrainingRate]?
        /// Of the host, meanwhile; nil where the system does not tell.
        package var load: HostLoad?

        package init(
            machine: Machine, matrixLibrary: MatrixLibrary, gigaflopsPerSecond: Double,
            bfloat16GigaflopsPerSecond: Double? = nil, memoryGigabytesPerSecond: Double,
            training: [TrainingRate]? = nil, load: HostLoad? = nil
        ) {
            self.machine = machine
            self.matrixLibrary = matrixLibrary
            self.gigaflopsPerSecond = gigaflopsPerSecond
            self.bfloat16GigaflopsPerSecond = bfloat16GigaflopsPerSecond
            self.memoryGigabytesPerSecond = memoryGigabytesPerSecond
            self.training = training
            self.load = load
        }
    }

    /// What each lane of a rank reaches while all train, in 10^9 operations a second.
    package struct TrainingRate: Codable, Sendable, Equatable {
        package var preset: String
        package var precision: String
        package var gigaflopsPerSecond: Double
    }

    /// How long the slowest rank took for collectives over all ranks.
    package struct Communication: Codable, Sendable, Equatable {
        /// The size of the buffer that is summed.
        package var bytes: Int
        /// As training does it: partial sums to the owners of shards, added up there in a fixed order, ...
        package var reduceScatterMilliseconds: Double
        /// ... and the results to all.
        package var allGatherMilliseconds: Double
        /// MPI_Allreduce of the same, for comparison.
        package var allReduceMilliseconds: Double
        package var barrierMicroseconds: Double
        /// Between hosts, in the order of their first ranks; nil in reports of before.
        package var links: [Link]?

        package init(
            bytes: Int, reduceScatterMilliseconds: Double, allGatherMilliseconds: Double, allReduceMilliseconds: Double,
            barrierMicroseconds: Double, links: [Link]? = nil
        ) {
            self.bytes = bytes
            self.reduceScatterMilliseconds = reduceScatterMilliseconds
            self.allGatherMilliseconds = allGatherMilliseconds
            self.allReduceMilliseconds = allReduceMilliseconds
            self.barrierMicroseconds = barrierMicroseconds
            self.links = links
        }

        package var pairMilliseconds: Double { reduceScatterMilliseconds + allGatherMilliseconds }
    }

    /// What goes from one host to another, the slower way; hosts are named by their first ranks.
    package struct Link: Codable, Sendable, Equatable {
        package var one: Int
        package var other: Int
        package var gigabytesPerSecond: Double
    }

    /// The ranks of one host, and the machine as the first of them sees it.
    package struct Host: Sendable, Equatable {
        package var name: String
        package var ranks: [Int]
        package var machine: Machine
        /// All cores that one of its ranks may use.
        package var cores: Set<Int>
    }

    /// In the order of their first ranks.
    package var hosts: [Host] {
        var hosts: [Host] = []
        for (rank, entry) in ranks.enumerated() {
            if let index = hosts.firstIndex(where: { $0.name == entry.machine.host }) {
                hosts[index].ranks.append(rank)
                hosts[index].cores.formUnion(entry.machine.cores)
            } else {
                hosts.append(
                    Host(
                        name: entry.machine.host, ranks: [rank], machine: entry.machine,
                        cores: Set(entry.machine.cores)))
            }
        }
        return hosts
    }

    /// What the host did while its ranks were measured: all of them saw it, and each knows its own part.
    package func load(of host: Host) -> HostLoad? {
        guard var load = ranks[host.ranks[0]].load else { return nil }
        for rank in host.ranks.dropFirst() { load.own += ranks[rank].load?.own ?? 0 }
        return load
    }

    /// Smallest, middle and largest of a figure over the ranks.
    package func spread(of figure: (Rank) -> Double) -> (minimum: Double, median: Double, maximum: Double) {
        let sorted = ranks.map(figure).sorted()
        guard let first = sorted.first, let last = sorted.last else { return (0, 0, 0) }
        return (first, sorted[sorted.count / 2], last)
    }
}
