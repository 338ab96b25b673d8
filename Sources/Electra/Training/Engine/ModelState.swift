import ElectraKernels
package import ElectraModel

/// A model in memory, on all lanes of a rank: its parameters, and the weights as products read them.
package final class ModelState<Task: TrainingTask>: @unchecked Sendable {
    // Unchecked: lanes touch disjoint parts, and `LanePool.run` orders them.
    package let task: Task
    package let kernels: JobKernels
    package var parameters: ParameterStore<Task.Parameters> {
        precondition(presence == .whole, "the parameters are on their way from other ranks")
        return travellingParameters
    }
    package let pool: LanePool
    /// The same, of which a part may be here already.
    let travellingParameters: ParameterStore<Task.Parameters>
    var presence = Presence.whole
    private let blocks: FlatBlocks
    private var roundWork: LanePool.Work = { _ in }
    private var packWork: LanePool.Work = { _ in }

    package var layout: ParameterLayout { travellingParameters.layout }
    /// Of the parameters as they are.
    package var fingerprint: String { Fingerprint(of: parameters.buffer.base, count: layout.count).description }

    /// Packed weights pay where several micro-batches of a step read them: packing all of them takes as long as two or three.
    package init(_ task: Task, _ kernels: JobKernels, pool: LanePool, packsWeights: Bool = true) {
        self.task = task
        self.kernels = kernels
        self.pool = pool
        let parameters = ParameterStore(precision: kernels.precision, packsWeights: packsWeights, cut: task.parameters)
        travellingParameters = parameters
        parameters.packing?.distribute(lanes: pool.count)
        blocks = FlatBlocks(count: parameters.layout.count)
        roundWork = { [unowned self, parameters] lane in
            let part = FlatBlocks.part(lane, of: pool.count, in: 0..<blocks.blocks)
            parameters.round(blocks.elements(ofBlocks: part))
        }
        packWork = { [parameters] lane in parameters.packing?.pack(lane: lane) }
    }

    /// Weights as products read them, for all lanes, once the parameters are what they are to be: in bf16 where products are
    /// computed in it, and packed.
    package func prepareWeights() {
        if kernels.precision == .bf16 { pool.run(roundWork) }
        if parameters.packing?.isEmpty == false { pool.run(packWork) }
    }

}

/// What of its parameters a rank has.
enum Presence {
    /// Of those that others own, what has come in of the new ones.
    case travelling
    /// All that a step reads: of weights that others own no more than that (`ParameterWire`).
    case asRead
    case whole
}
