import Collectives

/// Losses and metrics on text that is never trained on. Masks and samples are keyed by a fixed seed and the number of
/// the sequence, so every evaluation, of any run, guesses at the same positions; dropout is off.
final class HeldOutEvaluation: @unchecked Sendable {
    // Unchecked: as `PretrainingStep`, whose lanes it borrows between steps.
    private static let seed: UInt64 = 0x454C_4543_5452_41

    let sequences: Int
    private let step: PretrainingStep
    private let store: SequenceStore
    private let losses: LossTable
    private let arena = Arena()
    private let laneCounts: [UnsafeMutablePointer<Int64>]
    private var batch = 0
    private var counts = GlobalCounts(maskedTokens: 1, tokens: 1)

    init(_ step: PretrainingStep, store: SequenceStore, mostSequences: Int) {
        self.step = step
        self.store = store
        sequences = min(store.count, mostSequences)
        losses = LossTable(tree: step.plan.tree)
        laneCounts = step.lanes.map { [arena] _ in arena.array(of: Int64.self, count: MetricCounts.size) }
    }

    /// All ranks call it together, and all get the result. `beforeBatch` is told the share that is done, and may end it by an
    /// error, on all ranks.
    func run(beforeBatch: (_ share: Double) throws -> Void) throws -> Metrics {
        let window = MetricsWindow(laneCounts: laneCounts, options: step.networks.options)
        window.reset()
        batch = 0
        step.prepareWeights()
        while batch * step.plan.batch < sequences {
            try beforeBatch(Double(batch * step.plan.batch) / Double(sequences))
            step.pool.run { [unowned self] lane in fill(lane) }
            counts = try step.lanes.denominators(over: step.communicator)
            losses.reset()
            step.pool.run { [unowned self] lane in
                step.lanes[lane].computeLosses(
                    step.networks, parameters: step.parameters.windows, global: counts, losses: losses.values,
                    counts: laneCounts[lane])
            }
            window.add(try losses.sums(over: step.communicator), counts: counts)
            batch += 1
        }
        return try window.metrics(over: step.communicator)
    }

    private func fill(_ lane: Int) {
        let first = batch * step.plan.batch
        step.lanes[lane].fill(from: store, masking: step.masking, seed: Self.seed, step: 0) { place in
            let number = first + place
            return number < sequences ? (number: number, key: number) : nil
        }
    }
}
