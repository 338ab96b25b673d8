/// One thread's share of a step: its slices from masking to gradients, in memory of its own.
final class Lane: @unchecked Sendable {
    // Unchecked: one thread at a time uses a lane; `LanePool.run` orders them.
    let slices: Range<Int>
    let gradients: GradientStack
    /// The lane's counts of metrics, added up until `resetCounts`.
    let counts: UnsafeMutablePointer<Int64>
    private let arena: Arena
    private let activations: JointPass.Activations
    /// All micro-batches of a step, slice by slice: masked before the first is computed, as the losses are divided by
    /// counts over the whole batch.
    private let batches: [MicroBatch]
    private let maskingScratch: UnsafeMutablePointer<Int32>
    private let plan: SlicePlan
    private let maximumLength: Int

    init(
        _ networks: Networks, layout: ParameterLayout, masking: Masking, plan: SlicePlan, lane: Int, maximumLength: Int
    ) {
        self.plan = plan
        self.maximumLength = maximumLength
        slices = plan.laneSlices[lane]
        gradients = GradientStack(networks.model, layout: layout, tree: plan.tree, slices: slices)
        let arena = Arena(networks.precision)
        self.arena = arena
        batches = (0..<slices.count * plan.microBatchesPerSlice).map { _ in
            MicroBatch(
                maximumSequences: plan.microBatch, maximumLength: maximumLength,
                maximumMaskedPerSequence: masking.maximumPerSequence, arena: arena)
        }
        activations = JointPass.Activations(
            networks.model, tokens: plan.microBatch * maximumLength,
            masked: plan.microBatch * masking.maximumPerSequence, maximumLength: maximumLength, arena: arena)
        maskingScratch = arena.array(of: Int32.self, count: Masking.scratchCount(maximumLength: maximumLength))
        counts = arena.array(of: Int64.self, count: MetricCounts.size)
    }

    func resetCounts() { counts.update(repeating: 0, count: MetricCounts.size) }

    /// Reads and masks the lane's sequences. `sequence` says which sequence stands at a place of the global batch, nil
    /// for none. Returns the lane's part of the counts that the losses are divided by.
    func fill(
        from sequences: SequenceStore, masking: Masking, seed: UInt64, step: Int, sequence: (_ place: Int) -> Int?
    ) -> GlobalCounts {
        var result = GlobalCounts(maskedTokens: 0, tokens: 0)
        for slice in slices {
            for index in 0..<plan.microBatchesPerSlice {
                let batch = microBatch(slice, index)
                batch.reset()
                for place in plan.sequences(ofSlice: slice, microBatch: index) {
                    guard let number = sequence(place) else { continue }
                    batch.append(key: place) { sequences.read(number, into: $0) }
                    masking.mask(lastOf: batch, seed: seed, step: step, scratch: maskingScratch)
                }
                result.maskedTokens += batch.maskedCount
                result.tokens += batch.tokenCount
            }
        }
        return result
    }

    /// Forward and backward of all the lane's slices. `losses` holds two sums a slice (MLM, RTD).
    func computeGradients(
        _ networks: Networks, parameters: ElectraParameters, dropout: PairOfDropouts, global: GlobalCounts,
        losses: UnsafeMutablePointer<Double>
    ) {
        gradients.sum { slice, gradient in
            computeSlice(slice, networks, parameters: parameters, dropout: dropout, global: global, losses: losses) {
                $0.backward(adding: gradient)
            }
        }
    }

    /// Forward only.
    func computeLosses(
        _ networks: Networks, parameters: ElectraParameters, global: GlobalCounts, losses: UnsafeMutablePointer<Double>
    ) {
        for slice in slices {
            computeSlice(slice, networks, parameters: parameters, dropout: .off, global: global, losses: losses) { _ in
            }
        }
    }

    private func computeSlice(
        _ slice: Int, _ networks: Networks, parameters: ElectraParameters, dropout: PairOfDropouts,
        global: GlobalCounts, losses: UnsafeMutablePointer<Double>, then backward: (JointPass) -> Void
    ) {
        var sums = ObjectiveSums(counts: counts)
        for index in 0..<plan.microBatchesPerSlice {
            let pass = JointPass(
                networks: networks, parameters: parameters, activations: activations,
                batch: microBatch(slice, index), dropout: dropout, counts: global)
            pass.forward(adding: &sums)
            counts[MetricCounts.padding] += Int64(pass.batch.sequenceCount * maximumLength - pass.batch.tokenCount)
            backward(pass)
        }
        losses[2 * slice] = sums.maskedLoss
        losses[2 * slice + 1] = sums.replacedLoss
    }

    private func microBatch(_ slice: Int, _ index: Int) -> MicroBatch {
        batches[(slice - slices.lowerBound) * plan.microBatchesPerSlice + index]
    }
}
