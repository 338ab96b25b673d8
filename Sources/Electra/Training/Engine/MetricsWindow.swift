package import Collectives

/// Collects losses and counts over some steps, until they are shown.
package final class MetricsWindow<Task: TrainingTask> {
    private let task: Task
    private let laneCounts: [UnsafeMutablePointer<Int64>]
    private let counts: UnsafeMutableBufferPointer<Int64>
    private var sums = LossVector(repeating: 0.0)
    private var denominators = LossVector(repeating: 0)

    /// `laneCounts` are what each lane of this rank counts into.
    package init(_ task: Task, laneCounts: [UnsafeMutablePointer<Int64>]) {
        self.task = task
        self.laneCounts = laneCounts
        counts = .allocate(capacity: task.metricCounts)
    }

    deinit { counts.deallocate() }

    package func reset() {
        for lane in laneCounts { lane.update(repeating: 0, count: counts.count) }
        sums = LossVector(repeating: 0)
        denominators = LossVector(repeating: 0)
    }

    /// Sums over a global batch, the same on every rank.
    package func add(_ sums: LossVector<Double>, over denominators: LossVector<Int>) {
        for loss in task.losses.indices {
            self.sums[loss] += sums[loss]
            self.denominators[loss] += denominators[loss]
        }
    }

    /// Adds up what the lanes of all ranks counted. All ranks call it together.
    package func metrics(over communicator: Communicator) throws(MPIError) -> Metrics {
        counts.update(repeating: 0)
        for lane in laneCounts {
            for index in counts.indices { counts[index] += lane[index] }
        }
        try communicator.allReduce(counts, .sum)
        // Where all steps were skipped there is no loss.
        var means = sums
        for loss in task.losses.indices { means[loss] = sums[loss] / Double(denominators[loss]) }
        return task.metrics(losses: means, counts: UnsafePointer(counts.baseAddress!))
    }
}
