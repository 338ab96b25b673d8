import CKernels
package import Collectives
import ElectraKernels
import ElectraSupport
import ElectraTraining

// What `electra-dist doctor` measures. All ranks do the same at the same time, as in training: what they take from one
// another (memory bandwidth, clock rate, the core itself) is in the figures. About six seconds in all on one host.
extension DoctorReport {
    /// All ranks call this together; rank 0 gets the report, the others nil.
    package static func measure(_ world: Communicator, launch: Launch) throws -> DoctorReport? {
        let progress = world.rank == 0 ? ProgressLine("measuring") : nil
        progress?.announce("products, memory, steps of training\(world.isAlone ? "" : ", network"): some seconds")
        defer { progress?.finish() }
        let buffers = DoctorBuffers()
        try MatrixLibrary.requireMemory(threads: 1)
        LanePlacement.widen(for: launch.threads)
        let machine = Machine.read(host: Communicator.hostName)
        let ranksOfHost = try world.splitByHost().size
        try world.barrier()
        let begin = HostLoad.Reading.now()
        let products = buffers.productRate(.f32)
        try world.barrier()
        let halfProducts = BFloat16Product.isAvailable ? buffers.productRate(.bf16) : nil
        try world.barrier()
        let bandwidth = buffers.bandwidth()
        let load = HostLoad(from: begin, to: .now())
        try world.barrier()
        let training = try world.together {
            try TrainingRateMeasurement.rates(
                preset: launch.preset, threads: launch.threads, memory: machine.memoryAvailable / ranksOfHost,
                bandwidth: bandwidth)
        }
        let mine = Rank(
            machine: machine, matrixLibrary: .loaded(), gigaflopsPerSecond: products / 1e9,
            bfloat16GigaflopsPerSecond: halfProducts.map { $0 / 1e9 },
            memoryGigabytesPerSecond: bandwidth / 1e9, training: training, load: load)
        let communication =
            world.isAlone ? nil : try buffers.communication(world, slices: launch.slices, threads: launch.threads)

        let all = try world.gather(JSONCoding.text(mine), to: 0)
        if world.rank != 0 { return nil }
        return DoctorReport(
            launch: launch, ranks: try all.map { try JSONCoding.value(Rank.self, $0) }, communication: communication)
    }
}

/// Two flat buffers of the size of preset small's gradient, and what is done with them.
private final class DoctorBuffers {
    static let count = 14_250_000
    let one = FlatBuffer(count: count)
    let other = FlatBuffer(count: count)

    init() {
        // The system hands out memory at the first touch.
        ck_fill(one.base, Self.count, 1)
        ck_fill(other.base, Self.count, 0)
    }

    /// Floating-point operations a second in a product of the encoder's kind.
    func productRate(_ precision: ProductPrecision) -> Double {
        MatrixProduct.operationsPerSecond(in: one, into: other, precision)
    }

    /// Bytes a second in a sum of gradients: two are read, one is written.
    func bandwidth() -> Double {
        Double(3 * Self.count * MemoryLayout<Float>.stride)
            * Stopwatch.callsPerSecond(for: 0.2) {
                ck_add(other.base, one.base, Self.count)
            }
    }

    func communication(_ world: Communicator, slices: Int?, threads: Int) throws(MPIError) -> DoctorReport.Communication
    {
        let flat = one.base
        let grid = try HostGrid(world)
        let shards = (0..<world.size).map {
            SummationTree.range(ofPart: grid.place(ofRank: $0), parts: world.size, count: Self.count)
        }
        // Without slices one leaf, that is one partial sum, for each rank. What is added up does not matter here.
        let tree = SummationTree(leafCount: max(slices ?? 0, world.size))
        let shares = grid.shares(of: tree, lanes: threads)
        let nodes = tree.subtrees(covering: shares.ofRanks[world.rank])
        let reduction = try HostwiseReduction(
            grid, GradientWire.f32.summation, shares, buckets: [shards], partials: nodes.map { _ in flat }, into: flat)
        let ring = try HostwiseAllGather(grid, buckets: [shards])
        let scatter = try milliseconds(world) { () throws(MPIError) in
            reduction.begin()
            try reduction.finish()
        }
        let gather = try milliseconds(world) { () throws(MPIError) in
            ring.begin(flat)
            try ring.finish()
        }
        let allReduce = try milliseconds(world) { () throws(MPIError) in
            try world.allReduce(UnsafeMutableBufferPointer(start: other.base, count: Self.count), .sum)
        }
        let barriers = 100
        let barrier = try milliseconds(world) { () throws(MPIError) in
            for _ in 0..<barriers { try world.barrier() }
        }
        return DoctorReport.Communication(
            bytes: Self.count * MemoryLayout<Float>.stride, reduceScatterMilliseconds: scatter,
            allGatherMilliseconds: gather, allReduceMilliseconds: allReduce,
            barrierMicroseconds: barrier * 1000 / Double(barriers),
            links: try LinkMeasurement.rates(world, from: one, into: other))
    }

    /// The best of a few, each as long as its slowest rank took; the first one makes connections and does not count.
    private func milliseconds(
        _ world: Communicator, _ body: () throws(MPIError) -> Void
    ) throws(MPIError) -> Double {
        var best = Double.infinity
        var total = 0.0
        for round in 0..<6 {
            try world.barrier()
            let stopwatch = Stopwatch()
            try body()
            // The same on all ranks, so that all go round equally often.
            let seconds = try world.allReduce(stopwatch.seconds, .maximum)
            total += seconds
            if round > 0 { best = min(best, seconds) }
            if round > 0 && total > 1 { break }
        }
        return best * 1000
    }
}
