import Collectives

/// Both losses as means over the global batch, and their weighted sum.
struct StepLoss: Sendable {
    let masked: Double
    let replaced: Double
    let total: Double

    init(sums: (masked: Double, replaced: Double), counts: GlobalCounts, options: ObjectiveOptions) {
        masked = sums.masked / Double(max(counts.maskedTokens, 1))
        replaced = sums.replaced / Double(max(counts.tokens, 1))
        total = Double(options.generatorWeight) * masked + Double(options.discriminatorWeight) * replaced
    }

    /// Of no step.
    static let none = StepLoss(masked: .nan, replaced: .nan, total: .nan)

    private init(masked: Double, replaced: Double, total: Double) {
        self.masked = masked
        self.replaced = replaced
        self.total = total
    }

    var isFinite: Bool { masked.isFinite && replaced.isFinite }
}

/// Two sums of losses for every slice of the global batch: each lane writes its own slices', ranks exchange them (adding
/// zeros is exact), and everyone adds them along the fixed tree.
final class LossTable: @unchecked Sendable {
    // Unchecked: lanes write disjoint slices.
    let values: UnsafeMutablePointer<Double>
    private let additions: [SummationTree.Addition]
    private let slices: Int

    init(tree: SummationTree) {
        slices = tree.leafCount
        values = .allocate(capacity: 2 * slices)
        let leaves = (0..<slices).map { SummationTree.Node(level: 0, index: $0) }
        additions = tree.reduction(of: leaves).additions
        reset()
    }

    deinit { values.deallocate() }

    func reset() { values.update(repeating: 0, count: 2 * slices) }

    func sums(over communicator: Communicator) throws(MPIError) -> (masked: Double, replaced: Double) {
        try communicator.allReduce(UnsafeMutableBufferPointer(start: values, count: 2 * slices), .sum)
        for addition in additions {
            values[2 * addition.into] += values[2 * addition.from]
            values[2 * addition.into + 1] += values[2 * addition.from + 1]
        }
        return (masked: values[0], replaced: values[1])
    }
}
