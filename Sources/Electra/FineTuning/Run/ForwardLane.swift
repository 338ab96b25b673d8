import ElectraKernels
import ElectraModel
import ElectraTraining

/// One thread's memory for running examples through a network, forward only. Not Sendable: one for each thread.
final class ForwardLane<Head: FineTuningHead> {
    private let model: ModelState<FineTuningTask<Head>>
    private let batch: LabelledBatch
    private let workspace: FineTuningTask<Head>.Workspace
    private let arena: Arena

    init(_ model: ModelState<FineTuningTask<Head>>) {
        self.model = model
        let task = model.task
        arena = Arena(model.kernels.precision)
        // A sequence has at least [CLS] and [SEP].
        let pairs = (ForwardPlan.capacity(task.maximumLength) + 1) / 2
        batch = LabelledBatch(maximumSequences: pairs, maximumLength: 2, arena: arena)
        workspace = task.makeWorkspace(sequences: pairs, tokens: 2 * pairs, keepsLayers: false, arena: arena)
    }

    /// What the head says of each example, computed by this thread alone.
    func outputs(of examples: [EncodedExample]) -> TaskOutputs {
        let plan = ForwardPlan(examples, model.task)
        var values = [Float](repeating: 0, count: plan.valueCount)
        values.withUnsafeMutableBufferPointer { values in
            for group in plan.groups { compute(group, examples, into: values, plan) }
        }
        return TaskOutputs(values: values, starts: plan.starts)
    }

    /// One group of examples.
    func compute(
        _ group: [Int], _ examples: [EncodedExample], into values: UnsafeMutableBufferPointer<Float>,
        _ plan: ForwardPlan
    ) {
        batch.reset()
        for number in group { batch.append(examples[number], key: number) }
        let context = StepContext(seed: 0, step: 0, isTraining: false)
        model.task.computeOutputs(model.parameters.windows, workspace, batch, context)
        for (sequence, number) in group.enumerated() {
            let outputs = model.task.head.outputs(workspace.head, ofSequence: sequence, batch)
            for (place, value) in outputs.enumerated() { values[plan.starts[number] + place] = value }
        }
    }
}

/// Which examples go through together, and where what the head says of each is put.
struct ForwardPlan: Sendable {
    /// Tokens that go through together: enough to keep the matrix products busy, few enough to stay in the cache.
    private static let usualTokens = 512

    /// Of each example, and the end of the last.
    let starts: [Int]
    /// Numbers of examples.
    let groups: [[Int]]
    var valueCount: Int { starts.last ?? 0 }

    init<Head: FineTuningHead>(_ examples: [EncodedExample], _ task: FineTuningTask<Head>) {
        var starts = [0]
        for example in examples { starts.append(starts.last! + task.head.outputCount(of: example)) }
        self.starts = starts
        groups = Self.groups(examples, capacity: Self.capacity(task.maximumLength))
    }

    static func capacity(_ maximumLength: Int) -> Int { max(usualTokens, maximumLength) }

    /// Longest first, so that what takes long does not come last.
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
