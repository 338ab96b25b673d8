package import Collectives
package import ElectraSupport

/// Which cores the lanes of a rank run on. As many as there are lanes, if that can be had; what the user chose by taskset,
/// numactl or a batch system stays. It changes nothing but the time that a step takes.
package struct LanePlacement {
    package let threads: Int
    /// Of this rank, among those of its host.
    package let rank: Int
    package let ranks: Int

    /// The cores to take in the place of `mask`, out of those that mpirun has: a share of its own for each rank, or all of
    /// them where they are too few. A rank alone takes all, too: another mpirun would count from the same core. Nil where
    /// `mask` is enough, or where there are no more. Cores that mpirun was not given itself (it does bind to such) do not
    /// count.
    package func cores(insteadOf mask: [Int], outOf all: [Int], _ topology: CoreTopology) -> [Int]? {
        let cores = topology.cores(of: all)
        let usable = topology.cores(of: mask.filter(all.contains))
        guard usable.count < min(threads, cores.count) else { return nil }
        if ranks == 1 || ranks > cores.count / threads { return all }
        return cores[rank * threads..<(rank + 1) * threads].joined().sorted()
    }

    /// Widens the cores of this process where mpirun bound it to fewer than it has lanes. By the main thread, before it
    /// starts the lanes.
    package static func widen(for threads: Int) {
        let launcher = Launcher(environment: environmentVariable)
        guard launcher.isBinding, let all = Launcher.cores() else { return }
        let placement = LanePlacement(threads: threads, rank: launcher.rank, ranks: launcher.ranks)
        let mask = CoreMask.now
        guard let cores = placement.cores(insteadOf: mask, outOf: all, CoreTopology(of: all + mask)) else { return }
        CoreMask.take(cores)
    }
}

extension LanePool {
    /// The lanes of all ranks, on cores of their own. Where that cannot be had, rank 0 says so, and what to do.
    package static func start(threads: Int, on communicator: Communicator) throws -> LanePool {
        LanePlacement.widen(for: threads)
        let pool = try communicator.together { try LanePool(count: threads, apart: !communicator.isAlone) }
        if !communicator.isAlone || threads > 1 {
            let machine = try JSONCoding.text(Machine.read(host: Communicator.hostName))
            let machines = try communicator.gather(machine, to: 0).map { try JSONCoding.value(Machine.self, $0) }
            if let note = Crowding.note(on: machines, threads: threads) { ProgressLine.note(note) }
        }
        return pool
    }
}
