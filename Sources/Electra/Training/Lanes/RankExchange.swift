import Collectives
import ElectraKernels
import ElectraModel
import ElectraSupport

/// What a step exchanges with other ranks, in the background: sums of gradients travel while the backward pass goes down the
/// networks, and new parameters while the next forward pass goes up.
///
/// The thread that calls MPI calls `advance` again and again while lanes compute.
final class RankExchange<Task: TrainingTask> {
    private let model: ModelState<Task>
    private let order: BackwardOrder
    /// In the order in which they are complete.
    private let buckets: [Bucket]
    private let board: StageBoard
    private let laneSums: LaneSums<Task.Parameters>
    private let reduction: HostwiseReduction
    /// Nil where parameters travel as they are.
    private let wire: ParameterWire<Task.Parameters>?
    private let gather: HostwiseAllGather
    /// Of parameters as they are.
    private let wholeGather: HostwiseAllGather
    private var writeWork: LanePool.Work = { _ in }
    let ranksPerHost: Int
    private let gate = StageGate()
    /// Of each stage, what products read of it.
    private let weights: [[Int]]
    /// From here on stages have their parameters.
    private var firstStageHere = 0
    private var account = CommunicationAccount()
    private var reductionBegan: Stopwatch?
    private var gatherBegan = Stopwatch()
    private var patience = Patience()

    init(
        _ model: ModelState<Task>, _ order: BackwardOrder, _ buckets: [Bucket], _ ownership: Ownership,
        owned: OwnedElements, _ board: StageBoard, _ laneSums: LaneSums<Task.Parameters>, _ gradientWire: GradientWire,
        _ shares: LeafShares, over grid: HostGrid
    ) throws(MPIError) {
        self.model = model
        self.order = order
        self.buckets = buckets
        self.board = board
        self.laneSums = laneSums
        ranksPerHost = grid.ranksPerHost
        let parts = buckets.map { ownership.parts(ofBucket: $0.blocks) }
        reduction = try HostwiseReduction(
            grid, gradientWire.summation, shares, buckets: parts, partials: laneSums.partials,
            into: laneSums.gradient.buffer.base)
        let parameters = model.travellingParameters
        let wire = ParameterWire(parameters)
        self.wire = wire
        wholeGather = try HostwiseAllGather(grid, buckets: parts.reversed())
        gather =
            if let wire {
                try HostwiseAllGather(
                    grid, buckets: parts.reversed().map { $0.map(wire.units(of:)) },
                    bytesPerElement: MemoryLayout<BFloat16>.size)
            } else {
                wholeGather
            }
        weights = order.stages.map { stage in
            stage.flatMap { parameters.packing?.weights(in: parameters.buffer.base, $0) ?? [] }
        }
        for (passage, stage) in zip(parameters.passages, order.stageOfPassage) {
            if let stage { passage.onVisit { [gate] in gate.wait(for: stage) } }
        }
        writeWork = { lane in
            owned.forEachPart(ofLane: lane, of: model.pool.count) {
                wire?.write(ownership.blocks.elements(ofBlocks: $0))
            }
        }
    }

    /// Before lanes read parameters that are part of no passage.
    func waitForRest() { gate.wait(for: order.rest) }

    func beginReduction() {
        reductionBegan = nil
        reduction.begin()
    }

    /// Moves on what can be, both ways. Lanes that wait for what does not come wait for so long and no longer.
    func advance() throws(MPIError) {
        if gate.isWaitedAt {
            try patience.check(movement: gather.movement, "an all-gather")
        } else {
            patience = Patience()
        }
        if model.presence == .travelling {
            let areAllHere = try gather.advance()
            receiveStages()
            if areAllHere { endGather() }
        }
        if reduction.isInFlight {
            let stages = board.stagesAdded
            let complete = buckets.firstIndex { $0.stage >= stages } ?? buckets.count
            if complete > 0 && reductionBegan == nil { reductionBegan = Stopwatch() }
            reduction.release(buckets: complete)
            _ = try reduction.advance()
        }
    }

    /// When all lanes are done. Afterwards nothing travels.
    func finishReduction() throws(MPIError) {
        try finishGather()
        let stopwatch = Stopwatch()
        try reduction.finish()
        account.add(
            seconds: reductionBegan?.seconds ?? stopwatch.seconds, exposed: stopwatch.seconds,
            bytes: reduction.bytesSent, betweenHosts: reduction.bytesBetweenHosts)
    }

    /// Each rank has set the parameters that it owns.
    func beginGather() {
        gatherBegan = Stopwatch()
        gate.open(from: order.stages.count)
        firstStageHere = order.stages.count
        model.presence = .travelling
        if let wire {
            model.pool.run(writeWork)
            gather.begin(wire.units)
        } else {
            gather.begin(model.travellingParameters.buffer.base)
        }
    }

    /// Waits until all parameters that a step reads are here.
    func finishGather() throws(MPIError) {
        guard model.presence == .travelling else { return }
        let stopwatch = Stopwatch()
        try gather.finish()
        // What no lane came to in this step. (Whole parameters are made ready by the next one, by all lanes.)
        if wire != nil { receiveStages() }
        endGather()
        account.add(seconds: 0, exposed: stopwatch.seconds)
    }

    /// Gets all parameters as they are. All ranks call it together.
    func settle() throws(MPIError) {
        try finishGather()
        if model.presence != .whole { try gatherWhole() }
    }

    func gatherWhole() throws(MPIError) {
        wholeGather.begin(model.travellingParameters.buffer.base)
        try wholeGather.finish()
        model.presence = .whole
    }

    /// Lanes that wait go on, whatever they read: nothing will come any more.
    func giveUp() { gate.open(from: 0) }

    /// Seconds that a lane waited for parameters since this was asked last.
    func takeWaitedSeconds() -> Double {
        let seconds = gate.takeWaitedSeconds() / Double(model.pool.count)
        account.add(seconds: 0, exposed: seconds)
        return seconds
    }

    /// Since this was asked last.
    func takeAccount() -> CommunicationAccount {
        defer { account = CommunicationAccount() }
        return account
    }

    /// What has come in since is made ready for products, and the gate opened.
    private func receiveStages() {
        let arrived = gather.arrived
        let first = arrived == buckets.count ? 0 : buckets[buckets.count - 1 - arrived].stage + 1
        while firstStageHere > first {
            firstStageHere -= 1
            order.stages[firstStageHere].forEach { wire?.read($0) }
            model.travellingParameters.packing?.pack(weights[firstStageHere])
            gate.open(from: firstStageHere)
        }
    }

    private func endGather() {
        model.presence = wire == nil ? .whole : .asRead
        gate.open(from: 0)
        account.add(
            seconds: gatherBegan.seconds, exposed: 0, bytes: gather.bytesSent, betweenHosts: gather.bytesBetweenHosts)
    }
}
