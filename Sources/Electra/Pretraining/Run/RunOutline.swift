import ElectraKernels
package import ElectraTraining

/// What a run asks of the machines that train it, step by step.
package struct RunOutline: Sendable {
    package private(set) var run: RunConfiguration
    package let step: StepOutline
    /// Multiplications and additions for a full sequence, forward and backward.
    package let operationsPerSequence: Double
    /// Activations and whatever else a lane has of its own, without gradients.
    package let bytesPerLane: Int

    package init(_ run: RunConfiguration) {
        self.init(run, run.makeObjective(run.makeMasking(maximumLength: run.networks.maxLength)))
    }

    private init<Objective: PretrainingObjective>(_ run: RunConfiguration, _ objective: Objective) {
        self.run = run
        step = StepOutline(objective)
        let arena = Arena(run.precision)
        let batch = objective.makeBatch(sequences: 1, arena: arena)
        let (length, context) = (run.networks.maxLength, StepContext(seed: run.seed, step: 0, isTraining: true))
        batch.append(key: 0) { ids in
            for place in 0..<length { ids[place] = 1 }
            return (length: length, firstSegmentLength: length)
        }
        objective.masking.mask(lastOf: batch, seed: context.seed, step: context.step)
        operationsPerSequence = Double(objective.operations(of: batch, context))
        let sequences = min(run.division.microBatch, run.division.batch / run.division.slices)
        _ = objective.makeWorkspace(sequences: sequences, arena: arena)
        bytesPerLane = arena.bytes
    }

    /// With another batch, of the same network.
    package func with(_ division: BatchDivision) -> RunOutline {
        var outline = self
        outline.run.division = division
        return outline
    }

    package var tokensPerStep: Double { Double(run.division.batch * run.networks.maxLength) }
}
