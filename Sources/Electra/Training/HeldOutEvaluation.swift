import Collectives

/// Losses and metrics on text that is never trained on. Masks and samples are keyed by a fixed seed, so every
/// evaluation, of any run, guesses at the same positions; dropout is off.
final class HeldOutEvaluation: @unchecked Sendable {
    // Unchecked: as `PretrainingStep`, whose lanes it borrows between steps.
    private static let seed: UInt64 = 0x454C_4543_5452_41

    let sequences: Int
    private let step: PretrainingStep
    private let store: SequenceStore
    private let losses: LossTable
    private var batch = 0
    private var laneCounts: [GlobalCounts]
    private var counts = GlobalCounts(maskedTokens: 1, tokens: 1)

    init(_ step: PretrainingStep, store: SequenceStore, mostSequences: Int) {
        self.step = step
        self.store = store
        sequences = min(store.count, mostSequences)
        losses = LossTable(tree: step.plan.tree)
        laneCounts = Array(repeating: counts, count: step.pool.count)
    }

    /// All ranks call it together, and all get the result.
    func run() throws -> Metrics {
        let window = MetricsWindow(lanes: step.lanes, options: step.networks.options)
        window.reset()
        batch = 0
        step.roundParameters()
        while batch * step.plan.batch < sequences {
            step.pool.run { [unowned self] lane in fill(lane) }
            counts = try total(laneCounts, over: step.communicator)
            losses.reset()
            step.pool.run { [unowned self] lane in
                step.lanes[lane].computeLosses(
                    step.networks, parameters: step.parameters.windows, global: counts, losses: losses.values)
            }
            window.add(try losses.sums(over: step.communicator), counts: counts)
            batch += 1
        }
        let metrics = try window.metrics(over: step.communicator)
        window.reset()
        return metrics
    }

    private func fill(_ lane: Int) {
        let first = batch * step.plan.batch
        laneCounts[lane] = step.lanes[lane].fill(
            from: store, masking: step.masking, seed: Self.seed, step: batch
        ) { place in first + place < sequences ? first + place : nil }
    }
}

/// What the lanes counted, over all ranks.
func total(_ laneCounts: [GlobalCounts], over communicator: Communicator) throws(MPIError) -> GlobalCounts {
    var masked = 0
    var tokens = 0
    for lane in laneCounts {
        masked += lane.maskedTokens
        tokens += lane.tokens
    }
    return GlobalCounts(
        maskedTokens: Int(try communicator.allReduce(Int64(masked), .sum)),
        tokens: Int(try communicator.allReduce(Int64(tokens), .sum)))
}
