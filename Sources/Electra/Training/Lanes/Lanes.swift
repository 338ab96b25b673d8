package import Collectives
import ElectraSupport

/// The lanes of this rank, and those of the others as far as they have to agree.
package struct Lanes<Task: TrainingTask> {
    let plan: SlicePlan
    /// The slices of all ranks.
    let shares: LeafShares
    package let communicator: Communicator
    package let lanes: [Lane<Task>]

    /// All ranks call it together.
    package init(
        _ model: ModelState<Task>, _ division: BatchDivision, over communicator: Communicator, grid: HostGrid
    ) throws(MPIError) {
        // A rank may have other threads than the rest.
        let fewest = try communicator.allReduce(Int64(model.pool.count), .minimum)
        shares = grid.shares(of: division.tree, lanes: Int(fewest))
        let plan = SlicePlan(division, mine: shares.ofRanks[communicator.rank], lanes: model.pool.count)
        self.plan = plan
        self.communicator = communicator
        lanes = (0..<model.pool.count).map {
            Lane(model.task, plan: plan, lane: $0, precision: model.kernels.precision)
        }
    }

    package subscript(lane: Int) -> Lane<Task> { lanes[lane] }

    /// What the losses are divided by, the tokens and the operations, over the lanes of all ranks, which call it together. Fails on all of
    /// them where one could not read its sequences.
    package func denominators() throws -> (losses: LossVector<Int>, tokens: Int, operations: Int) {
        let most = LossVector<Int>.most
        var counts = InlineArray<7, Int64>(repeating: 0)
        for lane in lanes {
            for loss in 0..<most { counts[loss] += Int64(lane.denominators[loss]) }
            counts[most] += Int64(lane.tokens)
            counts[most + 1] += lane.failure == nil ? 0 : 1
            counts[most + 2] += Int64(lane.operations)
        }
        var span = counts.mutableSpan
        try communicator.allReduce(&span, .sum)
        if counts[most + 1] > 0 {
            let failure = lanes.lazy.compactMap(\.failure).first
            try communicator.together { if let failure { throw failure } }
        }
        var losses = LossVector(repeating: 0)
        for loss in 0..<most { losses[loss] = Int(counts[loss]) }
        return (losses, Int(counts[most]), Int(counts[most + 2]))
    }
}
