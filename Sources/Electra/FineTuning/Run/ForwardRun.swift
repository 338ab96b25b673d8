package import Collectives
import ElectraKernels
import ElectraModel
package import ElectraTraining

/// Examples through a network, forward only, on all lanes of all ranks. They go through in groups of about the same length,
/// which do not depend on who computes them, and so neither does what comes out.
package final class ForwardRun<Head: FineTuningHead>: @unchecked Sendable {
    // Unchecked: lanes take groups of their own; `LanePool.run` orders them and the main thread.
    private let model: ModelState<FineTuningTask<Head>>
    private let communicator: Communicator
    private let memory: [Memory]

    /// Tokens that go through together: enough to keep the matrix products busy, few enough to stay in the cache.
    private static var usualTokens: Int { 512 }

    private struct Memory {
        let batch: LabelledBatch
        let workspace: FineTuningTask<Head>.Workspace
        let arena: Arena
    }

    package init(_ model: ModelState<FineTuningTask<Head>>, over communicator: Communicator) {
        self.model = model
        self.communicator = communicator
        let (task, precision) = (model.task, model.kernels.precision)
        memory = (0..<model.pool.count).map { _ in
            let arena = Arena(precision)
            // A sequence has at least [CLS] and [SEP].
            let pairs = (Self.capacity(task) + 1) / 2
            return Memory(
                batch: LabelledBatch(maximumSequences: pairs, maximumLength: 2, arena: arena),
                workspace: task.makeWorkspace(sequences: pairs, tokens: 2 * pairs, keepsLayers: false, arena: arena),
                arena: arena)
        }
    }

    private static func capacity(_ task: FineTuningTask<Head>) -> Int { max(usualTokens, task.maximumLength) }

    /// What the head says of each example. All ranks call it together, and all get it.
    package func outputs(of examples: [EncodedExample]) throws -> TaskOutputs {
        let head = model.task.head
        var starts = [0]
        for example in examples { starts.append(starts.last! + head.outputCount(of: example)) }
        let values = UnsafeMutableBufferPointer<Float>.allocate(capacity: starts.last!)
        defer { values.deallocate() }
        values.update(repeating: 0)
        // Lanes write the places of their own examples.
        nonisolated(unsafe) let target = values
        let places = starts
        let groups = Self.groups(examples, capacity: Self.capacity(model.task))
        let (first, count) = (communicator.rank * model.pool.count, communicator.size * model.pool.count)
        model.prepareWeights()
        model.pool.run { [self] lane in
            for number in stride(from: first + lane, to: groups.count, by: count) {
                compute(groups[number], examples, into: target, places, memory[lane])
            }
        }
        // Adding zeros is exact.
        if !communicator.isAlone { try communicator.allReduce(values, .sum) }
        return TaskOutputs(values: Array(values), starts: starts)
    }

    private func compute(
        _ group: [Int], _ examples: [EncodedExample], into values: UnsafeMutableBufferPointer<Float>, _ places: [Int],
        _ memory: Memory
    ) {
        let (batch, workspace) = (memory.batch, memory.workspace)
        batch.reset()
        for number in group { batch.append(examples[number], key: number) }
        let context = StepContext(seed: 0, step: 0, isTraining: false)
        model.task.computeOutputs(model.parameters.windows, workspace, batch, context)
        for (sequence, number) in group.enumerated() {
            let outputs = model.task.head.outputs(workspace.head, ofSequence: sequence, batch)
            for (place, value) in outputs.enumerated() { values[places[number] + place] = value }
        }
    }

    /// The numbers of the examples, longest first, so that what takes long does not come last.
    private static func groups(_ examples: [EncodedExample], capacity: Int) -> [[Int]] {
        let order = examples.indices.sorted {
            (examples[$1].ids.count, $0) < (examples[$0].ids.count, $1)
        }
        var groups: [[Int]] = []
        var room = 0
        for number in order {
            let length = examples[number].ids.count
            if length > room {
                groups.append([])
                room = capacity
            }
            groups[groups.count - 1].append(number)
            room -= length
        }
        return groups
    }
}
