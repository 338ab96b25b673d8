import CKernels
import Collectives
import ElectraKernels
import ElectraModel

extension TrainingStep {
    /// After a step that was `Diverged`: the numbers of the sequences that have no finite loss or gradient even when they are
    /// computed alone, in the order of the batch. All ranks call it together, and all get the same. Takes about as long as a
    /// step on one thread.
    package func sequencesThatAreNotFinite() throws -> [Int] {
        let arena = Arena(model.kernels.precision)
        let batch = task.makeBatch(sequences: 1, arena: arena)
        let workspace = task.makeWorkspace(sequences: 1, arena: arena)
        let sums = task.makeSums(arena: arena)
        let gradients = GradientStore(layout: model.layout, cut: task.parameters)

        var mine: [String] = []
        for place in lanes.plan.laneSlices.flatMap({ $0 }).flatMap(lanes.plan.sequences(ofSlice:)) {
            let example = example(at: place)
            batch.reset()
            // It was read for the step already.
            try withUnsafePointer(to: example) { example in
                try task.fill(
                    batch, with: UnsafeBufferPointer(start: example, count: 1), of: examples, workspace, context)
            }
            sums.losses.update(repeating: 0, count: task.losses.count)
            gradients.beginSlice()
            task.forward(model.parameters.windows, workspace, batch, context, adding: sums)
            task.backward(model.parameters.windows, adding: gradients.windows, workspace, batch)
            gradients.endSlice()
            let isFinite =
                task.losses.indices.allSatisfy { sums.losses[$0].isFinite }
                && ck_count_not_finite(gradients.buffer.base, model.layout.trainedCount) == 0
            if !isFinite { mine.append("\(example.number)") }
        }
        return try lanes.communicator.allGather(mine.joined(separator: " ")).flatMap { $0.split(separator: " ") }
            .compactMap { Int($0) }
    }
}
