import CKernels
import Collectives
import Glibc

/// One update of the model: the map of the program. `run` names every stop on the way from text to new parameters.
final class PretrainingStep: @unchecked Sendable {
    // Unchecked: lanes touch their own lane and disjoint blocks; everything else is used by the main thread only, and
    // `LanePool.run` orders the two.
    struct Result {
        /// Of a step that made no update.
        static func skipped(learningRate: Double) -> Result {
            let counts = GlobalCounts(maskedTokens: 0, tokens: 0)
            return Result(
                loss: .none, sums: (0, 0), counts: counts, gradientNorm: .nan, learningRate: learningRate)
        }

        let loss: StepLoss
        /// Of the losses, and what they were divided by, over the global batch.
        let sums: (masked: Double, replaced: Double)
        let counts: GlobalCounts
        let gradientNorm: Double
        let learningRate: Double
    }

    let kernels: JobKernels
    let networks: Networks
    let layout: ParameterLayout
    let parameters: ParameterStore
    let optimizer: ShardedAdam
    let lanes: [Lane]
    let configuration: RunConfiguration
    let communicator: Communicator
    let shards: [Range<Int>]
    let pool: LanePool
    let plan: SlicePlan
    let masking: Masking
    let sequences: SequenceStore
    let order: EpochOrder
    private let schedule: LearningRateSchedule
    private let reduction: OrderedReduction
    private let laneSums: LaneSums
    private let norm: GradientNorm
    private let blocks: FlatBlocks
    private let shardBlocks: Range<Int>
    private let losses: LossTable

    // What the lanes are told about the step under way.
    private(set) var step = 0
    private(set) var counts = GlobalCounts(maskedTokens: 0, tokens: 0)
    private(set) var dropout = PairOfDropouts.off
    private var gradientNorm = 0.0
    private var learningRate = 0.0
    private var fillWork: LanePool.Work = { _ in }
    private var computeWork: LanePool.Work = { _ in }
    private var roundWork: LanePool.Work = { _ in }
    private var packWork: LanePool.Work = { _ in }
    private var normWork: LanePool.Work = { _ in }
    private var updateWork: LanePool.Work = { _ in }

    init(
        _ configuration: RunConfiguration, data: SequenceStore, masking: Masking, communicator: Communicator,
        pool: LanePool
    ) throws {
        self.configuration = configuration
        self.communicator = communicator
        self.pool = pool
        self.masking = masking
        sequences = data
        kernels = try configuration.agreeOnKernels(over: communicator)
        networks = configuration.networks(kernels.precision)
        layout = ParameterLayout(networks.model)
        parameters = ParameterStore(networks.model, layout: layout, precision: networks.precision, packsWeights: true)
        parameters.packing?.distribute(lanes: pool.count)
        order = EpochOrder(seed: configuration.seed, count: data.count)
        schedule = configuration.schedule
        let plan = SlicePlan(
            batch: configuration.batch, slices: configuration.slices, microBatch: configuration.microBatch,
            rank: communicator.rank, ranks: communicator.size, lanes: pool.count)
        self.plan = plan
        lanes = (0..<pool.count).map { [networks, layout] lane in
            Lane(
                networks, layout: layout, masking: masking, plan: plan, lane: lane, maximumLength: data.maximumLength)
        }
        let blocks = FlatBlocks(count: layout.count)
        self.blocks = blocks
        shardBlocks = blocks.blocks(ofPart: communicator.rank, parts: communicator.size)
        shards = (0..<communicator.size).map {
            blocks.elements(ofBlocks: blocks.blocks(ofPart: $0, parts: communicator.size))
        }
        optimizer = ShardedAdam(configuration.adam, layout: layout, shard: shards[communicator.rank])
        reduction = try OrderedReduction(communicator, leafCount: configuration.slices, shards: shards)
        laneSums = LaneSums(lanes: lanes, tree: plan.tree, pool: pool, count: layout.count)
        norm = GradientNorm(blocks: blocks)
        losses = LossTable(tree: plan.tree)
        prepareWork()
        // After all that was laid out above, of which they know nothing.
        try communicator.together { try MatrixLibrary.requireMemory(threads: pool.count) }
    }

    /// Random parameters: each rank computes its shard, and all get all of them.
    func initializeParameters() throws {
        pool.run { [self] lane in
            let mine = FlatBlocks.blocks(ofLane: lane, lanes: pool.count, in: shardBlocks)
            Initialization.fill(
                parameters.buffer, layout: layout, seed: configuration.seed,
                part: blocks.elements(ofBlocks: mine))
        }
        try reduction.allGather(flat: parameters.buffer.base)
    }

    /// Update number `step`, from 0. Every rank calls it, and every rank gets the same result.
    func run(step: Int) throws -> Result {
        self.step = step
        learningRate = schedule.rate(at: step)
        dropout = networks.dropout(seed: configuration.seed, step: step)

        // Text: this rank's sequences of the global batch, each masked anew.
        pool.run(fillWork)
        prepareWeights()
        // The exact denominators of both losses, before anything is computed.
        counts = try lanes.denominators(over: communicator)
        // Generator, samples, discriminator, and back: every lane sums its slices' gradients along the tree.
        losses.reset()
        pool.run(computeWork)
        let sums = try losses.sums(over: communicator)
        let loss = StepLoss(sums: sums, counts: counts, options: networks.options)
        try require(loss.isFinite, "loss", "MLM \(loss.masked), RTD \(loss.replaced)")
        // Lanes to rank to world, always along the same tree; each rank ends with the sum of its shard.
        let gradient = laneSums.combine()
        try reduction.reduceScatter(partials: laneSums.partials, into: gradient) { ck_add($0, $1, $2) }
        // Clipping knows the norm of the whole joint gradient.
        pool.run(normWork)
        gradientNorm = try norm.total(over: communicator)
        try require(gradientNorm.isFinite, "gradient norm", "\(gradientNorm)")
        // Each rank updates its shard, and the new parameters go round.
        pool.run(updateWork)
        try reduction.allGather(flat: parameters.buffer.base)

        return Result(
            loss: loss, sums: sums, counts: counts, gradientNorm: gradientNorm, learningRate: learningRate)
    }

    /// Weights as products read them, once a step, for all lanes: in bf16 where they are computed in it, and packed.
    func prepareWeights() {
        if networks.precision == .bf16 { pool.run(roundWork) }
        if parameters.packing?.isEmpty == false { pool.run(packWork) }
    }

    /// The closures that lanes run, made once: a step allocates nothing.
    private func prepareWork() {
        fillWork = { [unowned self] lane in
            lanes[lane].fill(from: sequences, masking: masking, seed: configuration.seed, step: step) { place in
                (number: order.sequenceIndex(at: step * plan.batch + place), key: place)
            }
        }
        roundWork = { [unowned self] lane in
            let part = blocks.blocks(ofPart: lane, parts: pool.count)
            parameters.round(blocks.elements(ofBlocks: part))
        }
        packWork = { [unowned self] lane in parameters.packing?.pack(lane: lane) }
        computeWork = { [unowned self] lane in
            lanes[lane].computeGradients(
                networks, parameters: parameters.windows, dropout: dropout, global: counts, losses: losses.values)
        }
        normWork = { [unowned self] lane in
            norm.sum(
                FlatBlocks.blocks(ofLane: lane, lanes: pool.count, in: shardBlocks), gradient: laneSums.gradient)
        }
        updateWork = { [unowned self] lane in
            let mine = FlatBlocks.blocks(ofLane: lane, lanes: pool.count, in: shardBlocks)
            optimizer.update(
                blocks.elements(ofBlocks: mine), parameters: parameters.buffer, gradient: laneSums.gradient,
                step: step, learningRate: learningRate, gradientNorm: gradientNorm)
        }
    }

    /// All ranks see the same numbers, so all stop together, before the update.
    private func require(_ isFinite: Bool, _ what: String, _ value: @autoclosure () -> String) throws(Diverged) {
        if !isFinite { throw Diverged(step: step, what: what, value: value()) }
    }
}

/// A loss or gradient norm that is no number any more. The parameters are still those from before the step.
struct Diverged: Error {
    let step: Int
    let what: String
    let value: String
}
