import Collectives

/// Collects losses and counts over some steps, until they are shown.
final class MetricsWindow {
    private let lanes: [Lane]
    private let options: ObjectiveOptions
    private let counts: UnsafeMutableBufferPointer<Int64>
    private var maskedLoss = 0.0
    private var replacedLoss = 0.0
    private var maskedTokens = 0
    private var tokens = 0

    init(lanes: [Lane], options: ObjectiveOptions) {
        self.lanes = lanes
        self.options = options
        counts = .allocate(capacity: MetricCounts.size)
    }

    deinit { counts.deallocate() }

    func reset() {
        for lane in lanes { lane.resetCounts() }
        (maskedLoss, replacedLoss, maskedTokens, tokens) = (0, 0, 0, 0)
    }

    /// Sums over a global batch, the same on every rank.
    func add(_ sums: (masked: Double, replaced: Double), counts: GlobalCounts) {
        maskedLoss += sums.masked
        replacedLoss += sums.replaced
        maskedTokens += counts.maskedTokens
        tokens += counts.tokens
    }

    /// Adds up what the lanes of all ranks counted. All ranks call it together.
    func metrics(over communicator: Communicator) throws(MPIError) -> Metrics {
        counts.update(repeating: 0)
        for lane in lanes {
            for index in counts.indices { counts[index] += lane.counts[index] }
        }
        try communicator.allReduce(counts, .sum)
        return Metrics(
            counts: UnsafePointer(counts.baseAddress!), mlmLoss: maskedLoss / Double(max(maskedTokens, 1)),
            discLoss: replacedLoss / Double(max(tokens, 1)), options: options)
    }
}
