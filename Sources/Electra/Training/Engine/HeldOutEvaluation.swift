import Collectives
import ElectraModel

/// Losses and metrics on examples that are never trained on. Whatever a task draws at random is keyed by a fixed seed and
/// the number of the sequence, so every evaluation, of any run, guesses at the same positions; dropout is off.
package final class HeldOutEvaluation<Task: TrainingTask>: @unchecked Sendable {
    // Unchecked: as `TrainingStep`, whose lanes it borrows between steps where there is one.
    private static var seed: UInt64 { 0x454C_4543_5452_41 }

    package let sequences: Int
    private let model: ModelState<Task>
    private let lanes: Lanes<Task>
    private let examples: Task.Examples
    private let losses: LossTable
    private let counts: [UnsafeMutablePointer<Int64>]
    private var context = StepContext(seed: seed, step: 0, isTraining: false)
    private var batch = 0

    /// Over the first `sequences` of `examples`.
    package init(_ model: ModelState<Task>, _ lanes: Lanes<Task>, examples: Task.Examples, sequences: Int) {
        self.model = model
        self.lanes = lanes
        self.examples = examples
        self.sequences = sequences
        losses = LossTable(losses: model.task.losses.count, tree: lanes.plan.tree)
        counts = lanes.lanes.map { $0.makeCounts() }
    }

    /// All ranks call it together, and all get the result. `beforeBatch` is told the share that is done, and may end it by an
    /// error, on all ranks.
    package func run(beforeBatch: (_ share: Double) throws -> Void) throws -> Metrics {
        let communicator = lanes.communicator
        let window = MetricsWindow(model.task, laneCounts: counts)
        window.reset()
        batch = 0
        model.prepareWeights()
        while batch * lanes.plan.batch < sequences {
            try beforeBatch(Double(batch * lanes.plan.batch) / Double(sequences))
            model.pool.run { [unowned self] lane in fill(lane) }
            context.denominators = try lanes.denominators().losses
            losses.reset()
            model.pool.run { [unowned self] lane in
                lanes[lane].computeLosses(
                    model.parameters.windows, context, losses: losses, counts: counts[lane])
            }
            window.add(try losses.total(over: communicator), over: context.denominators)
            batch += 1
        }
        return try window.metrics(over: communicator)
    }

    private func fill(_ lane: Int) {
        let first = batch * lanes.plan.batch
        lanes[lane].fill(from: examples, context) { place in
            let number = first + place
            return number < sequences ? ChosenExample(number: number, key: number) : nil
        }
    }
}
