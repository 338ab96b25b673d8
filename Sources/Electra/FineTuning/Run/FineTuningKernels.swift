import Collectives
import ElectraKernels
import ElectraModel
import ElectraTraining

extension FineTuningTask {
    /// What all ranks compute with. Two machines on which a short pass gives the same bits compute the same run, as far as can
    /// be known beforehand.
    static func agreeOnKernels(
        _ task: FineTuningTask, _ precision: ProductPrecision, over communicator: Communicator
    ) throws -> JobKernels {
        try JobKernels.agree(on: precision, over: communicator) { fingerprint(of: task, $0) }
    }

    /// One layer, forward and back, over two made-up sequences.
    private static func fingerprint(of task: FineTuningTask, _ precision: ProductPrecision) -> UInt64 {
        var (sizes, rows) = (task.tower.sizes, task.tower.rows)
        sizes.layers = 1
        rows.vocabulary = min(rows.vocabulary, 2048)
        let probe = FineTuningTask(
            tower: Tower(task.tower.name, sizes, rows), head: task.head, maximumLength: task.maximumLength,
            dropout: DropoutRates(), headDropout: 0.1)
        let parameters = ParameterStore(precision: precision, cut: probe.parameters)
        let count = parameters.layout.count
        // Any numbers do, and these are quick: from -0.1 to 0.1.
        for i in 0..<count {
            parameters.buffer.base[i] = Float(Int32(truncatingIfNeeded: i &* 2_654_435_761)) * (0.1 * 0x1p-31)
        }
        parameters.round(0..<count)

        let gradients = GradientStore(layout: parameters.layout, cut: probe.parameters)
        let arena = Arena(precision)
        let batch = probe.makeBatch(sequences: 2, arena: arena)
        for (key, length) in [task.maximumLength, 1 + 2 * task.maximumLength / 3].enumerated() {
            let ids = (0..<length).map { Int32((key + 1) * 7919 * ($0 + 1) % rows.vocabulary) }
            batch.append(
                EncodedExample(ids: ids, firstSegmentLength: length / 2, rows: [0], targets: [0, 0]), key: key)
        }
        let workspace = probe.makeWorkspace(sequences: 2, arena: arena)
        let context = StepContext(seed: 1, step: 0, isTraining: true, denominators: probe.denominators(of: batch))
        gradients.beginSlice()
        probe.forward(parameters.windows, workspace, batch, context, adding: probe.makeSums(arena: arena))
        probe.backward(parameters.windows, adding: gradients.windows, workspace, batch)
        gradients.endSlice()
        return Fingerprint(of: gradients.buffer.base, count: count).value
    }
}
