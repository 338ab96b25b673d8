import Collectives

/// Collects losses and counts over some steps, until they are shown.
final class MetricsWindow {
    private let laneCounts: [UnsafeMutablePointer<Int64>]
    private let options: ObjectiveOptions
    private let counts: UnsafeMutableBufferPointer<Int64>
    private var maskedLoss = 0.0
    private var replacedLoss = 0.0
    private var maskedTokens = 0
    private var tokens = 0

    /// `laneCounts` are what each lane of this rank counts into.
    init(laneCounts: [UnsafeMutablePointer<Int64>], options: ObjectiveOptions) {
        self.laneCounts = laneCounts
        self.options = options
        counts = .allocate(capacity: MetricCounts.size)
    }

    deinit { counts.deallocate() }

    func reset() {
        for lane in laneCounts { lane.update(repeating: 0, count: MetricCounts.size) }
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
        for lane in laneCounts {
            for index in counts.indices { counts[index] += lane[index] }
        }
        try communicator.allReduce(counts, .sum)
        // Where all steps were skipped there is no loss.
        return Metrics(
            counts: UnsafePointer(counts.baseAddress!), mlmLoss: maskedLoss / Double(maskedTokens),
            discLoss: replacedLoss / Double(tokens), options: options)
    }
}
