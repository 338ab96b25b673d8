import Collectives
import ElectraModel

/// What a step of a task sends and in which order, found out without memory for it: for plans.
package struct StepOutline: Sendable {
    package let parameters: Int
    package let trained: Int
    /// Elements of each stage of the backward pass, in its order; those of the last are complete at its end.
    package let stages: [Int]
    private let order: BackwardOrder
    private let factors: [Range<Int>]

    /// What travels together.
    package struct Bucket {
        package let elements: Int
        /// Of them, weights that products alone read.
        package let factors: Int
        /// With it, all its gradients are complete.
        package let stage: Int
    }

    package init(_ task: some TrainingTask) {
        var windows = ParameterWindows.nowhere
        _ = task.parameters(&windows)
        parameters = windows.count
        trained = windows.trainedCount
        order = BackwardOrder(windows.passages, trained: trained)
        factors = ParameterLayout(windows).factors
        stages = order.stages.map { $0.reduce(0) { $0 + $1.count } }
    }

    /// In the order in which they are complete.
    package func buckets(ranks: Int) -> [Bucket] {
        let blocks = FlatBlocks(count: trained)
        return order.buckets(blocks, fewestBlocks: BackwardOrder.fewestBlocks(ranks: ranks)).map { bucket in
            let elements = blocks.elements(ofBlocks: bucket.blocks)
            let factors = factors.reduce(0) { $0 + $1.clamped(to: elements).count }
            return Bucket(elements: elements.count, factors: factors, stage: bucket.stage)
        }
    }
}

extension BatchDivision {
    /// Slices of the lane that has most of them.
    package func mostSlices(ranks: Int, lanes: Int) -> Int {
        let ofRank = (slices + ranks - 1) / ranks
        return (ofRank + lanes - 1) / lanes
    }

    /// Sums that a host sends in the place of one, for the host that has most.
    package func mostSums(hosts: Int, ranksPerHost: Int, lanes: Int) -> Int {
        LeafShares(tree, hosts: hosts, ranksPerHost: ranksPerHost, lanes: lanes).mostSums
    }
}
