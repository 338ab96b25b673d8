import Collectives

/// The sums of all losses for every slice of the global batch: each lane writes its own slices', ranks exchange them (adding
/// zeros is exact), and everyone adds them along the fixed tree.
final class LossTable: @unchecked Sendable {
    // Unchecked: lanes write disjoint slices.
    private let values: UnsafeMutablePointer<Double>
    private let additions: [SummationTree.Addition]
    private let slices: Int
    private let losses: Int

    init(losses: Int, tree: SummationTree) {
        self.losses = losses
        slices = tree.leafCount
        values = .allocate(capacity: losses * slices)
        let leaves = (0..<slices).map { SummationTree.Node(level: 0, index: $0) }
        additions = tree.reduction(of: leaves).additions
        reset()
    }

    deinit { values.deallocate() }

    func reset() { values.update(repeating: 0, count: losses * slices) }

    /// Where the losses of a slice are summed up.
    func sums(ofSlice slice: Int) -> UnsafeMutablePointer<Double> { values + losses * slice }

    func total(over communicator: Communicator) throws(MPIError) -> LossVector<Double> {
        try communicator.allReduce(UnsafeMutableBufferPointer(start: values, count: losses * slices), .sum)
        for addition in additions {
            for loss in 0..<losses { sums(ofSlice: addition.into)[loss] += sums(ofSlice: addition.from)[loss] }
        }
        var total = LossVector(repeating: 0.0)
        for loss in 0..<losses { total[loss] = values[loss] }
        return total
    }
}
