import CKernels
package import Collectives
package import ElectraKernels
import ElectraModel
import ElectraSupport

/// One update of a model: the map of the program. `run` names every stop on the way from examples to new parameters.
package final class TrainingStep<Task: TrainingTask>: @unchecked Sendable {
    // Unchecked: lanes touch their own lane and disjoint blocks; everything else is used by the main thread only, and
    // `LanePool.run` orders the two.
    package let task: Task
    package let model: ModelState<Task>
    package let optimizer: any Optimizer
    package let ownership: Ownership
    /// By this rank.
    package let owned: OwnedElements
    package let lanes: Lanes<Task>
    /// That the ranks are on.
    package let hosts: Int
    package let examples: Task.Examples
    package let options: StepOptions
    /// The counts of metrics, one array a lane, added up until somebody resets them.
    package let counts: [UnsafeMutablePointer<Int64>]
    private let communicator: Communicator
    package let pool: LanePool
    private let order: EpochOrder
    private let arrangement: BatchArrangement
    private let gradients: [GradientStack<Task.Parameters>]
    private let laneSums: LaneSums<Task.Parameters>
    private let board: StageBoard
    private let progress: [LaneProgress<Task.Parameters>]
    /// Nil for a rank alone.
    private let exchange: RankExchange<Task>?
    private let norm: GradientNorm
    private let losses: LossTable

    // What the lanes are told about the step under way.
    package private(set) var context: StepContext
    private var learningRate = 0.0
    private var gradientScale: Float = 1
    private var pass = 0
    // Since somebody asked.
    private var computeSeconds = 0.0
    private var steps = 0
    private var phase: Int?
    /// What the optimiser works on.
    private var updated: [Range<Int>]
    private var fillWork: LanePool.Work = { _ in }
    private var computeWork: LanePool.Work = { _ in }
    private var addWork: LanePool.Work = { _ in }
    private var normWork: LanePool.Work = { _ in }
    private var updateWork: LanePool.Work = { _ in }

    /// `exampleCount` of `examples` are seen in an epoch. Of a rank alone, parameters may be cut into `buckets`; ranks may be
    /// taken to share hosts as in `grid`.
    package init(
        _ model: ModelState<Task>, _ options: StepOptions, examples: Task.Examples, exampleCount: Int,
        communicator: Communicator, buckets: [Range<Int>]? = nil, grid: HostGrid? = nil
    ) throws {
        self.model = model
        self.options = options
        self.examples = examples
        self.communicator = communicator
        task = model.task
        pool = model.pool
        context = StepContext(seed: options.seed, step: 0, isTraining: true)
        order = EpochOrder(seed: options.seed, count: exampleCount)
        arrangement = BatchArrangement(batch: options.division.batch, slices: options.division.slices)
        let layout = model.layout
        let grid = try grid ?? HostGrid(communicator)
        hosts = grid.hosts
        let lanes = try Lanes(model, options.division, over: communicator, grid: grid)
        self.lanes = lanes
        counts = lanes.lanes.map { $0.makeCounts() }
        gradients = lanes.lanes.map { [task] in
            GradientStack(
                layout: layout, tree: lanes.plan.tree, slices: $0.slices, wire: options.wire, cut: task.parameters)
        }
        let order =
            communicator.isAlone
            ? BackwardOrder(allAtOnce: layout.trainedCount)
            : BackwardOrder(model.parameters.passages, trained: layout.trainedCount)
        let blocks = FlatBlocks(count: layout.trainedCount)
        let complete = order.buckets(blocks, fewestBlocks: BackwardOrder.fewestBlocks(ranks: communicator.size))
        let ownership = Ownership(
            count: layout.trainedCount, ranks: communicator.size,
            places: (0..<communicator.size).map(grid.place(ofRank:)),
            buckets: buckets ?? complete.map(\.blocks).sorted { $0.lowerBound < $1.lowerBound })
        self.ownership = ownership
        owned = ownership.owned(by: communicator.rank)
        optimizer = options.optimizer.makeOptimizer(layout.trained.groups(rateScale: options.rateScale), owning: owned)
        updated = [0..<layout.trainedCount]
        let laneSums = LaneSums(stacks: gradients, tree: lanes.plan.tree)
        self.laneSums = laneSums
        let board = StageBoard(stages: order.stages.count, lanes: pool.count)
        self.board = board
        progress = gradients.enumerated().map { LaneProgress(lane: $0, order, $1, laneSums, board) }
        exchange =
            communicator.isAlone
            ? nil
            : try RankExchange(
                model, order, complete, ownership, owned: owned, board, laneSums, options.wire,
                lanes.shares, over: grid)
        norm = GradientNorm(blocks: ownership.blocks)
        losses = LossTable(losses: task.losses.count, tree: lanes.plan.tree)
        prepareWork()
        // After all that was laid out above, of which they know nothing.
        try communicator.together { try MatrixLibrary.requireMemory(threads: pool.count) }
    }

    /// Random parameters: each rank computes those that it owns, and all get all of them.
    package func initializeParameters() throws {
        pool.run { [self] lane in
            owned.forEachPart(ofLane: lane, of: pool.count) { blocks in
                Initialization.fill(
                    model.parameters.buffer, layout: model.layout, seed: options.seed,
                    part: ownership.blocks.elements(ofBlocks: blocks))
            }
        }
        Initialization.fill(
            model.parameters.buffer, layout: model.layout, seed: options.seed,
            part: model.layout.trainedCount..<model.layout.count)
        try exchange?.gatherWhole()
    }

    /// Update number `step`, from 0. Every rank calls it, and every rank gets the same result. Between ranks, the new
    /// parameters may still be on their way when it is done: the next step computes with those that are here, and whoever
    /// reads them otherwise has to `settle` first.
    package func run(step: Int) throws -> StepResult {
        let stopwatch = Stopwatch()
        defer { Patience.extend(to: 20 * stopwatch.seconds) }
        context.step = step
        if let phase = task.phase(at: step), phase != self.phase {
            try settle()
            self.phase = phase
            task.prepare(model.parameters, step: step)
            updated = model.layout.trained.ranges(where: { task.isTrained($0, in: phase) })
        }
        learningRate = options.schedule.rate(at: step)

        // This rank's examples of the global batch; pre-training masks each of them anew.
        let areWhole = model.presence == .whole
        arrangeBatch()
        try runInLanes(fillWork)
        if areWhole { model.prepareWeights() }
        // The exact denominators of all losses, before anything is computed.
        let (denominators, tokens, operations) = try lanes.denominators()
        context.denominators = denominators
        // Forward and back: every lane sums its slices' gradients along the tree, lanes to rank to world, always along the
        // same; what is complete travels meanwhile. Each rank ends with the sum of what it owns.
        losses.reset()
        board.reset()
        exchange?.beginReduction()
        let computing = Stopwatch()
        try runInLanes(computeWork)
        computeSeconds += computing.seconds - (exchange?.takeWaitedSeconds() ?? 0)
        steps += 1
        laneSums.touchRows()
        try runInLanes(addWork)
        let sums = try losses.total(over: communicator)
        if let exchange {
            laneSums.touchAllRows()
            try exchange.finishReduction()
        }
        let means = sums.means(over: denominators)
        try require(task.losses.indices.allSatisfy { means[$0].isFinite }, "loss", task.inWords(means))
        // Clipping knows the norm of the whole gradient.
        pool.run(normWork)
        let gradientNorm = try norm.total(over: communicator)
        try require(gradientNorm.isFinite, "gradient norm", "\(gradientNorm)")
        gradientScale = options.clipping.scale(ofNorm: gradientNorm)
        // Each rank updates what it owns, and the new parameters go round.
        try update()
        exchange?.beginGather()

        return StepResult(
            losses: means, sums: sums, denominators: denominators, tokens: tokens, operations: operations,
            gradientNorm: gradientNorm,
            learningRate: learningRate)
    }

    /// What stands at a place of the batch under way.
    package func example(at place: Int) -> ChosenExample {
        ChosenExample(number: number(drawn: arrangement.drawn(at: place)), key: place)
    }

    private func number(drawn: Int) -> Int {
        order.sequenceIndex(at: context.step * options.division.batch + drawn)
    }

    private func arrangeBatch() {
        guard task.length(of: number(drawn: 0), in: examples) != nil else { return }
        arrangement.arrange { task.length(of: number(drawn: $0), in: examples) ?? 0 }
    }

    private func update() throws(MPIError) {
        for number in 0..<optimizer.passes {
            pass = number
            pool.run(updateWork)
            if number < optimizer.passes - 1 { try optimizer.exchange(afterPass: number, over: communicator) }
        }
    }

    /// Waits until this rank has all new parameters. Every rank calls it.
    package func settle() throws(MPIError) { try exchange?.settle() }

    /// Runs `body`, which runs steps, and leaves nothing on its way, also when it fails; but where MPI did.
    package func settling<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            let result = try body()
            try settle()
            return result
        } catch {
            if !(error is MPIError) { try exchange?.finishGather() }
            throw error
        }
    }

    /// What the exchange took since this was asked last, nil for a rank alone. All ranks call it together.
    package func communicationReport() throws(MPIError) -> CommunicationReport? {
        guard let exchange else { return nil }
        var account = exchange.takeAccount()
        (account.computeSeconds, account.steps) = (computeSeconds, steps)
        (computeSeconds, steps) = (0, 0)
        return try CommunicationReport(account, over: communicator, ranksPerHost: exchange.ranksPerHost)
    }

    /// While what travels between ranks is moved on.
    private func runInLanes(_ work: @escaping LanePool.Work) throws(MPIError) {
        guard let exchange else { return pool.run(work) }
        do {
            try pool.run(work) { () throws(MPIError) in try exchange.advance() }
        } catch {
            exchange.giveUp()
            pool.wait()
            throw error
        }
    }

    /// The closures that lanes run, made once: a step allocates nothing.
    private func prepareWork() {
        fillWork = { [unowned self] lane in
            lanes[lane].fill(from: examples, context) { place in example(at: place) }
        }
        computeWork = { [unowned self] lane in
            exchange?.waitForRest()
            lanes[lane].computeGradients(
                model.travellingParameters.windows, context, losses: losses, counts: counts[lane],
                summingInto: gradients[lane], progress[lane])
        }
        addWork = { [unowned self] lane in progress[lane].addRest() }
        normWork = { [unowned self] lane in
            owned.forEachPart(ofLane: lane, of: pool.count) { norm.sum($0, of: laneSums.gradient) }
        }
        updateWork = { [unowned self] lane in
            let update = ParameterUpdate(
                parameters: model.travellingParameters.buffer, gradient: laneSums.gradient.buffer.base,
                step: context.step,
                learningRate: learningRate, gradientScale: gradientScale)
            owned.forEachPart(ofLane: lane, of: pool.count) { blocks in
                let elements = ownership.blocks.elements(ofBlocks: blocks)
                for range in updated where range.overlaps(elements) {
                    optimizer.update(range.clamped(to: elements), pass: pass, update)
                }
            }
        }
    }

    /// All ranks see the same numbers, so all stop together, before the update.
    private func require(_ isFinite: Bool, _ what: String, _ value: @autoclosure () -> String) throws(Diverged) {
        if !isFinite { throw Diverged(step: context.step, what: what, value: value()) }
    }
}

/// A step of whatever task, for who only wants to see it run.
package protocol MeasurableStep: AnyObject {
    var pool: LanePool { get }
    var options: StepOptions { get }
    var precision: ProductPrecision { get }

    func run(step: Int) throws -> StepResult
    func settle() throws(MPIError)
    func communicationReport() throws(MPIError) -> CommunicationReport?
}

extension TrainingStep: MeasurableStep {
    package var precision: ProductPrecision { model.kernels.precision }
}

/// What a step found, over the global batch.
package struct StepResult {
    /// Of a step that made no update.
    package static func skipped(learningRate: Double) -> StepResult {
        StepResult(
            losses: LossVector(repeating: .nan), sums: LossVector(repeating: 0), denominators: LossVector(repeating: 0),
            tokens: 0, operations: 0, gradientNorm: .nan, learningRate: learningRate)
    }

    /// The means, which are `sums` over `denominators`.
    package let losses: LossVector<Double>
    package let sums: LossVector<Double>
    package let denominators: LossVector<Int>
    package let tokens: Int
    /// Of its products.
    package let operations: Int
    package let gradientNorm: Double
    package let learningRate: Double
}

/// A loss or gradient norm that is no number any more. The parameters are still those from before the step.
package struct Diverged: Error {
    package let step: Int
    package let what: String
    package let value: String
}

extension TrainingTask {
    /// "MLM 8.7, RTD 0.3".
    fileprivate func inWords(_ means: LossVector<Double>) -> String {
        losses.enumerated().map { "\($1.name) \(means[$0])" }.joined(separator: ", ")
    }
}
