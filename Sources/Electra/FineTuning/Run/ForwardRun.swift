package import Collectives
package import ElectraTraining

/// Examples through a network, forward only, on all lanes of all ranks. They go through in groups of about the same length,
/// which do not depend on who computes them, and so neither does what comes out.
package final class ForwardRun<Head: FineTuningHead>: @unchecked Sendable {
    // Unchecked: each lane has memory of its own; `LanePool.run` orders them and the main thread.
    private let model: ModelState<FineTuningTask<Head>>
    private let communicator: Communicator
    private let lanes: [ForwardLane<Head>]

    package init(_ model: ModelState<FineTuningTask<Head>>, over communicator: Communicator) {
        self.model = model
        self.communicator = communicator
        lanes = (0..<model.pool.count).map { _ in ForwardLane(model) }
    }

    /// What the head says of each example. All ranks call it together, and all get it.
    package func outputs(of examples: [EncodedExample]) throws(MPIError) -> TaskOutputs {
        let plan = ForwardPlan(examples, model.task)
        let values = UnsafeMutableBufferPointer<Float>.allocate(capacity: plan.valueCount)
        defer { values.deallocate() }
        values.update(repeating: 0)
        // Lanes write the places of their own examples.
        nonisolated(unsafe) let target = values
        let (first, count) = (communicator.rank * model.pool.count, communicator.size * model.pool.count)
        model.prepareWeights()
        model.pool.run { [self] lane in
            for number in stride(from: first + lane, to: plan.groups.count, by: count) {
                lanes[lane].compute(plan.groups[number], examples, into: target, plan)
            }
        }
        // Adding zeros is exact.
        if !communicator.isAlone { try communicator.allReduce(values, .sum) }
        return TaskOutputs(values: Array(values), starts: plan.starts)
    }
}
