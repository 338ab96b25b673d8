import Collectives

/// One thread's share of a step: its slices from masking to gradients, in memory of its own.
final class Lane: @unchecked Sendable {
    // Unchecked: one thread at a time uses a lane; `LanePool.run` orders them.
    let slices: Range<Int>
    let gradients: GradientStack
    /// The lane's part of what the losses are divided by, of the batch that `fill` masked last.
    private(set) var denominators = GlobalCounts(maskedTokens: 0, tokens: 0)
    /// What could not be read for the batch that `fill` masked last.
    private(set) var failure: Failure?
    /// The counts of metrics in training, added up until somebody resets them.
    let trainingCounts: UnsafeMutablePointer<Int64>
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
        trainingCounts = arena.array(of: Int64.self, count: MetricCounts.size)
    }

    /// Reads and masks the lane's sequences. `sequence` says which one stands at a place of the global batch, nil for
    /// none, and by which key its random numbers are drawn. A failure is kept until `denominators` asks.
    func fill(
        from sequences: SequenceStore, masking: Masking, seed: UInt64, step: Int,
        sequence: (_ place: Int) -> (number: Int, key: Int)?
    ) {
        var result = GlobalCounts(maskedTokens: 0, tokens: 0)
        for slice in slices {
            for index in 0..<plan.microBatchesPerSlice {
                let batch = microBatch(slice, index)
                batch.reset()
                for place in plan.sequences(ofSlice: slice, microBatch: index) {
                    guard let (number, key) = sequence(place) else { continue }
                    do throws(Failure) {
                        try batch.append(key: key) { (ids) throws(Failure) in try sequences.read(number, into: ids) }
                    } catch {
                        failure = error
                        continue
                    }
                    masking.mask(lastOf: batch, seed: seed, step: step, scratch: maskingScratch)
                }
                result.maskedTokens += batch.maskedCount
                result.tokens += batch.tokenCount
            }
        }
        denominators = result
    }

    /// Forward and backward of all the lane's slices. `losses` holds two sums a slice (MLM, RTD).
    func computeGradients(
        _ networks: Networks, parameters: ElectraParameters, dropout: PairOfDropouts, global: GlobalCounts,
        losses: UnsafeMutablePointer<Double>
    ) {
        gradients.sum { slice, gradient in
            computeSlice(
                slice, networks, parameters: parameters, dropout: dropout, global: global, losses: losses,
                counts: trainingCounts
            ) { $0.backward(adding: gradient) }
        }
    }

    /// Forward only, with counts of its own.
    func computeLosses(
        _ networks: Networks, parameters: ElectraParameters, global: GlobalCounts,
        losses: UnsafeMutablePointer<Double>, counts: UnsafeMutablePointer<Int64>
    ) {
        for slice in slices {
            computeSlice(
                slice, networks, parameters: parameters, dropout: .off, global: global, losses: losses, counts: counts
            ) { _ in }
        }
    }

    private func computeSlice(
        _ slice: Int, _ networks: Networks, parameters: ElectraParameters, dropout: PairOfDropouts,
        global: GlobalCounts, losses: UnsafeMutablePointer<Double>, counts: UnsafeMutablePointer<Int64>,
        then backward: (JointPass) -> Void
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

extension [Lane] {
    /// What the losses are divided by, over the lanes of all ranks, which call it together. Fails on all of them where one
    /// could not read its sequences.
    func denominators(over communicator: Communicator) throws -> GlobalCounts {
        var counts: InlineArray<3, Int64> = [0, 0, 0]
        for lane in self {
            counts[0] += Int64(lane.denominators.maskedTokens)
            counts[1] += Int64(lane.denominators.tokens)
            counts[2] += lane.failure == nil ? 0 : 1
        }
        var span = counts.mutableSpan
        try communicator.allReduce(&span, .sum)
        if counts[2] > 0 {
            let failure = lazy.compactMap(\.failure).first
            try communicator.together { if let failure { throw failure } }
        }
        return GlobalCounts(maskedTokens: Int(counts[0]), tokens: Int(counts[1]))
    }
}
