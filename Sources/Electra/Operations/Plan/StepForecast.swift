import ElectraKernels
package import ElectraPretraining
import ElectraSupport
import ElectraTraining

/// How many nodes there are, and how their cores are shared out.
package struct LaneLayout: Sendable {
    package var nodes: Int
    package let ranksPerNode: Int
    package let lanesPerRank: Int

    package init(nodes: Int, ranksPerNode: Int, lanesPerRank: Int) {
        self.nodes = nodes
        self.ranksPerNode = ranksPerNode
        self.lanesPerRank = lanesPerRank
    }

    package var ranks: Int { nodes * ranksPerNode }
    package var lanes: Int { ranks * lanesPerRank }
}

/// How long a step takes on so many nodes, as far as it follows from rates: a model of what `TrainingStep` does, one part after
/// the other.
package struct StepForecast: Sendable {
    /// Forward and backward passes of the lane that has most of them.
    package private(set) var passes = 0.0
    /// Sums over slices and lanes, the optimiser, weights made ready for products.
    package private(set) var memoryWork = 0.0
    /// Gradients and parameters travel,
    package private(set) var exchange = 0.0
    /// and lanes wait for them.
    package private(set) var waiting = 0.0
    /// Agreements on a few numbers: denominators, losses, the gradient's norm.
    package private(set) var agreements = 0.0
    /// Through the link of a node, each way.
    package private(set) var linkBytes = 0.0
    /// Lanes without a slice.
    package let idleLanes: Int
    /// Sums that a node sends in the place of one.
    package let sums: Int

    package var seconds: Double { passes + memoryWork + waiting + agreements }

    /// Backward passes multiply twice as often as forward ones.
    private static let backwardShare = 2.0 / 3
    /// Bytes of memory that a core could move in sums in the time that a byte takes it to be sent or received (measured in
    /// cluster/lab, through TCP).
    private static let trafficPerByte = 16.0
    private static let agreementsPerStep = 5.0

    package init(_ outline: RunOutline, on layout: LaneLayout, _ rates: NodeRates, _ network: Network) {
        let division = outline.run.division
        let slices = division.mostSlices(ranks: layout.ranks, lanes: layout.lanesPerRank)
        let sequencesPerSlice = division.batch / division.slices
        idleLanes = max(layout.lanes - division.slices, 0)
        sums = division.mostSums(
            hosts: layout.nodes, ranksPerHost: layout.ranksPerNode, lanes: layout.lanesPerRank)
        let secondsPerSequence = outline.operationsPerSequence / rates.operationsPerSecond
        passes = secondsPerSequence * Double(slices * sequencesPerSlice)
        memoryWork = Self.memoryWork(outline, on: layout, bandwidth: rates.bytesPerSecond)
        if layout.nodes == 1 { return }

        let share = Double(layout.nodes - 1) / Double(layout.nodes)
        // The last pass of a lane, and the first one of the next step.
        let microBatch = Double(min(division.microBatch, sequencesPerSlice)) * secondsPerSequence
        let buckets = outline.step.buckets(ranks: layout.ranks)
        let bytesOfSums = Double(outline.run.wire.bytesPerElement * sums)
        let sumsOfBuckets = buckets.map { share * bytesOfSums * Double($0.elements) }
        let parametersOfBuckets = buckets.map { share * Double(outline.bytesOfParameters($0)) }
        let bucketStages = buckets.map(\.stage)
        let (gradients, waitsForGradients) = Self.travel(
            down: sumsOfBuckets.map { $0 / network.reduceScatterRate }, of: bucketStages, stages: outline.step.stages,
            backward: Self.backwardShare * microBatch)
        let (parameters, waitsForParameters) = Self.travel(
            up: parametersOfBuckets.map { $0 / network.allGatherRate }, of: bucketStages, stages: outline.step.stages,
            forward: (1 - Self.backwardShare) * microBatch)
        exchange = gradients + parameters
        waiting = waitsForGradients + waitsForParameters
        linkBytes = (sumsOfBuckets + parametersOfBuckets).reduce(0, +)
        // Whoever exchanges takes a core from a lane meanwhile.
        let lanesOfNode = Double(layout.ranksPerNode * layout.lanesPerRank)
        passes += 2 * linkBytes * Self.trafficPerByte / rates.bytesPerSecond / lanesOfNode
        let hops = Double(Int.bitWidth - (layout.ranks - 1).leadingZeroBitCount)
        agreements = Self.agreementsPerStep * network.latency * hops
    }

    /// 12 bytes for each addition of two numbers in memory; the optimiser reads and writes 28 of a parameter, packing 10.
    static func memoryWork(_ outline: RunOutline, on layout: LaneLayout, bandwidth: Double) -> Double {
        let (trained, lanes) = (Double(outline.step.trained), Double(layout.lanesPerRank))
        let slicesOfLane = outline.run.division.mostSlices(ranks: layout.ranks, lanes: layout.lanesPerRank)
        let sumsOfSlices = 12 * trained * Double(slicesOfLane - 1)
        let sumsOfLanes = 12 * trained * (lanes - 1) / lanes
        let update = 28 * trained / Double(layout.ranks) / lanes
        let packing = 10 * trained / lanes
        return (sumsOfSlices + sumsOfLanes + update + packing) / bandwidth
    }

    /// Buckets set out one after the other when the backward pass has left their stage; given the seconds of each.
    static func travel(
        down buckets: [Double], of bucketStages: [Int], stages: [Int], backward: Double
    ) -> (seconds: Double, waiting: Double) {
        let ends = passedEnds(stages)
        var clock = 0.0
        for (seconds, stage) in zip(buckets, bucketStages) { clock = max(clock, backward * ends[stage]) + seconds }
        return (buckets.reduce(0, +), max(clock - backward, 0))
    }

    /// Buckets arrive one after the other, the last ones first, and the forward pass goes on with those that are here.
    static func travel(
        up buckets: [Double], of bucketStages: [Int], stages: [Int], forward: Double
    ) -> (seconds: Double, waiting: Double) {
        let ends = passedEnds(stages)
        var (arrived, clock) = (0.0, 0.0)
        for number in buckets.indices.reversed() {
            arrived += buckets[number]
            let begin = number > 0 ? ends[bucketStages[number - 1]] : 0
            clock = max(clock, arrived) + forward * (ends[bucketStages[number]] - begin)
        }
        return (arrived, max(clock - forward, 0))
    }

    /// The share of a backward pass that is over when it leaves each stage. The last stage is what is no product.
    private static func passedEnds(_ stages: [Int]) -> [Double] {
        let passed = stages.dropLast()
        let all = Double(max(passed.reduce(0, +), 1))
        var ends: [Double] = []
        for elements in passed { ends.append((ends.last ?? 0) + Double(elements) / all) }
        return ends + [1]
    }
}

extension RunOutline {
    /// Bytes of memory that a node needs, at most.
    package func memory(on layout: LaneLayout) -> Double {
        let lanes = Double(layout.lanesPerRank)
        let slices = run.division.mostSlices(ranks: layout.ranks, lanes: layout.lanesPerRank)
        // Sums of slices stand on a stack as high as the tree.
        let buffers = Double(Int.bitWidth - max(slices, 1).leadingZeroBitCount)
        let parameters = Double(step.parameters) * (run.precision == .bf16 ? 4 + 2 + 4 : 4 + 8)
        let gradients = 4 * Double(step.trained) * buffers * lanes
        let moments = 8 * Double(step.trained) / Double(layout.ranks)
        let wire =
            run.precision == .bf16 && layout.ranks > 1
            ? step.buckets(ranks: layout.ranks).reduce(0) { $0 + bytesOfParameters($1) } : 0
        return Double(layout.ranksPerNode)
            * (parameters + gradients + moments + Double(wire) + Double(bytesPerLane) * lanes)
    }

    /// As they travel: in bf16 weights that products alone read take half (`ParameterWire`).
    fileprivate func bytesOfParameters(_ bucket: StepOutline.Bucket) -> Int {
        4 * bucket.elements - (run.precision == .bf16 ? 2 * bucket.factors : 0)
    }
}
