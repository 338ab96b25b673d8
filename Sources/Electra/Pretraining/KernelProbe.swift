import CKernels
import ElectraKernels
import ElectraModel
import ElectraTraining

/// One layer of each network and one update, computed over made-up text. Two machines on which that gives the same bits
/// compute the same run, as far as can be known beforehand: products of its widths, in its precision, and all kernels.
enum KernelProbe {
    /// Takes as long as a few sequences of the run.
    static func fingerprint(of run: RunConfiguration, _ precision: ProductPrecision) -> UInt64 {
        var run = run
        (run.networks.layers, run.networks.generatorLayers) = (1, 1)
        run.networks.vocabularySize = min(run.networks.vocabularySize, 2048)
        // Room for the tokens that are chosen here.
        run.masking.probability = 0.9
        return fingerprint(
            of: run.makeObjective(run.makeMasking(maximumLength: run.networks.maxLength)), run, precision)
    }

    private static func fingerprint<Objective: PretrainingObjective>(
        of objective: Objective, _ run: RunConfiguration, _ precision: ProductPrecision
    ) -> UInt64 {
        let parameters = ParameterStore(precision: precision, packsWeights: true, cut: objective.parameters)
        let layout = parameters.layout
        let all = 0..<layout.count
        // Any numbers do, and these are quick: from -0.1 to 0.1.
        for i in all {
            let hash = Int32(truncatingIfNeeded: i &* 2_654_435_761)
            parameters.buffer.base[i] = Float(hash) * (0.1 * 0x1p-31)
        }
        parameters.round(all)
        parameters.packing?.distribute(lanes: 1)
        parameters.packing?.pack(lane: 0)

        let gradients = GradientStore(layout: layout, cut: objective.parameters)
        gradients.beginSlice()
        computeGradient(
            objective, parameters.windows, vocabulary: run.networks.vocabularySize, precision, adding: gradients.windows
        )
        gradients.endSlice()
        let trained = gradients.buffer.count
        let gradient = Fingerprint(of: gradients.buffer.base, count: trained)

        let norm = ck_sum_of_squares(gradients.buffer.base, trained).squareRoot()
        run.optimizer.makeOptimizer(layout.trained.groups(), owning: .all(of: trained)).update(
            0..<trained, pass: 0,
            ParameterUpdate(
                parameters: parameters.buffer, gradient: gradients.buffer.base, step: 0, learningRate: 1e-3,
                gradientScale: run.clipping.scale(ofNorm: norm)))
        // The first update of Adam shows little of the gradient: its sign.
        return gradient.value &* 31 &+ Fingerprint(of: parameters.buffer.base, count: layout.count).value
    }

    private static func computeGradient<Objective: PretrainingObjective>(
        _ objective: Objective, _ parameters: Objective.Parameters, vocabulary: Int, _ precision: ProductPrecision,
        adding gradient: Objective.Parameters
    ) {
        let arena = Arena(precision)
        let batch = objective.makeBatch(sequences: 2, arena: arena)
        fill(batch, vocabulary: vocabulary, maximumLength: objective.masking.maximumLength)
        let workspace = objective.makeWorkspace(sequences: 2, arena: arena)
        let context = StepContext(
            seed: 1, step: 0, isTraining: true, denominators: objective.denominators(of: batch))
        objective.forward(parameters, workspace, batch, context, adding: objective.makeSums(arena: arena))
        objective.backward(parameters, adding: gradient, workspace, batch)
    }

    /// Two sequences of different lengths; every fifth token is to be guessed.
    private static func fill(_ batch: MaskedBatch, vocabulary: Int, maximumLength: Int) {
        for (key, length) in [maximumLength, 1 + 2 * maximumLength / 3].enumerated() {
            batch.append(key: key) { ids in
                for place in 0..<length { ids[place] = Int32((key + 1) * 7919 * (place + 1) % vocabulary) }
                return (length, length / 2)
            }
            for place in stride(from: 1, to: length, by: 5) {
                batch.choose(
                    row: batch.sequences.start(of: key) + place, shown: 0,
                    uniform: Float(place) / Float(maximumLength + 1))
            }
        }
    }
}
