import ElectraKernels
import ElectraSupport

/// One thread's share of a batch: its slices, and memory of its own to fill and compute them in.
package final class Lane<Task: TrainingTask>: @unchecked Sendable {
    // Unchecked: one thread at a time uses a lane; `LanePool.run` orders them.
    let slices: Range<Int>
    /// The lane's part of what the losses are divided by, and its tokens, of the batch that was filled last.
    private(set) var denominators = LossVector(repeating: 0)
    private(set) var tokens = 0
    private(set) var operations = 0
    /// What could not be read for it.
    private(set) var failure: Failure?
    private let task: Task
    private let plan: SlicePlan
    private let workspace: Task.Workspace
    /// All micro-batches of a step, slice by slice: filled before the first is computed, as the losses are divided by
    /// counts over the whole batch.
    private let batches: [Task.Batch]
    private let chosen: UnsafeMutablePointer<ChosenExample>
    private let arena: Arena

    init(_ task: Task, plan: SlicePlan, lane: Int, precision: ProductPrecision) {
        self.task = task
        self.plan = plan
        slices = plan.laneSlices[lane]
        let arena = Arena(precision)
        self.arena = arena
        batches = (0..<slices.count * plan.microBatchesPerSlice).map { _ in
            task.makeBatch(sequences: plan.microBatch, arena: arena)
        }
        workspace = task.makeWorkspace(sequences: plan.microBatch, arena: arena)
        chosen = arena.array(of: ChosenExample.self, count: plan.microBatch)
    }

    /// Room for the counts of metrics, as long as the lane lives.
    func makeCounts() -> UnsafeMutablePointer<Int64> { arena.array(of: Int64.self, count: task.metricCounts) }

    /// Fills the lane's micro-batches. `example` says what stands at a place of the global batch, nil for nothing. A failure
    /// is kept until `denominators` asks.
    func fill(from examples: Task.Examples, _ context: StepContext, example: (_ place: Int) -> ChosenExample?) {
        denominators = LossVector(repeating: 0)
        (tokens, operations) = (0, 0)
        for slice in slices {
            for index in 0..<plan.microBatchesPerSlice {
                let batch = microBatch(slice, index)
                batch.reset()
                var count = 0
                for place in plan.sequences(ofSlice: slice, microBatch: index) {
                    guard let example = example(place) else { continue }
                    chosen[count] = example
                    count += 1
                }
                do throws(Failure) {
                    try task.fill(
                        batch, with: UnsafeBufferPointer(start: chosen, count: count), of: examples, workspace, context)
                } catch {
                    failure = error
                    continue
                }
                let counts = task.denominators(of: batch)
                for loss in task.losses.indices { denominators[loss] += counts[loss] }
                tokens += batch.sequences.tokenCount
                operations += task.operations(of: batch, context)
            }
        }
    }

    /// Forward and backward of all the lane's slices.
    func computeGradients(
        _ parameters: Task.Parameters, _ context: StepContext, losses: LossTable, counts: UnsafeMutablePointer<Int64>,
        summingInto gradients: GradientStack<Task.Parameters>, _ progress: LaneProgress<Task.Parameters>
    ) {
        progress.begin()
        gradients.sum { slice, gradient, isLast in
            let sums = TaskSums(losses: losses.sums(ofSlice: slice), counts: counts)
            for index in 0..<plan.microBatchesPerSlice {
                let batch = microBatch(slice, index)
                task.forward(parameters, workspace, batch, context, adding: sums)
                if isLast && index == plan.microBatchesPerSlice - 1 { progress.beginLastPass() }
                task.backward(parameters, adding: gradient, workspace, batch)
            }
        }
        progress.end()
    }

    /// Forward only.
    func computeLosses(
        _ parameters: Task.Parameters, _ context: StepContext, losses: LossTable, counts: UnsafeMutablePointer<Int64>
    ) {
        for slice in slices {
            let sums = TaskSums(losses: losses.sums(ofSlice: slice), counts: counts)
            for index in 0..<plan.microBatchesPerSlice {
                task.forward(parameters, workspace, microBatch(slice, index), context, adding: sums)
            }
        }
    }

    private func microBatch(_ slice: Int, _ index: Int) -> Task.Batch {
        batches[(slice - slices.lowerBound) * plan.microBatchesPerSlice + index]
    }
}
