import CKernels

/// One layer of both networks and one update, computed over made-up text. Two machines on which that gives the same bits
/// compute the same run, as far as can be known beforehand: products of its widths, in its precision, and all kernels.
enum KernelProbe {
    /// Takes as long as a few sequences of the run.
    static func fingerprint(of run: RunConfiguration, _ precision: ProductPrecision) -> UInt64 {
        var run = run
        (run.layers, run.generatorLayers) = (1, 1)
        run.vocabularySize = min(run.vocabularySize, 2048)
        let networks = run.networks(precision)
        let layout = ParameterLayout(networks.model)
        let all = 0..<layout.count
        let parameters = ParameterStore(networks.model, layout: layout, precision: precision, packsWeights: true)
        // Any numbers do, and these are quick: from -0.1 to 0.1.
        for i in all {
            let hash = Int32(truncatingIfNeeded: i &* 2_654_435_761)
            parameters.buffer.base[i] = Float(hash) * (0.1 * 0x1p-31)
        }
        parameters.round(all)
        parameters.packing?.distribute(lanes: 1)
        parameters.packing?.pack(lane: 0)

        let gradients = GradientStore(networks.model, layout: layout)
        gradients.beginSlice()
        computeGradient(networks, parameters.windows, maximumLength: run.maxLength, adding: gradients.windows)
        gradients.endSlice()
        let gradient = Fingerprint(of: gradients.buffer.base, count: layout.count)

        ShardedAdam(run.adam, layout: layout, shard: all).update(
            all, parameters: parameters.buffer, gradient: gradients.buffer.base, step: 0, learningRate: 1e-3,
            gradientNorm: ck_sum_of_squares(gradients.buffer.base, layout.count).squareRoot())
        // The first update of Adam shows little of the gradient: its sign.
        return gradient.value &* 31 &+ Fingerprint(of: parameters.buffer.base, count: layout.count).value
    }

    private static func computeGradient(
        _ networks: Networks, _ parameters: ElectraParameters, maximumLength: Int, adding gradient: ElectraParameters
    ) {
        let arena = Arena(networks.precision)
        let batch = madeUpText(vocabulary: networks.model.vocabulary, maximumLength: maximumLength, arena: arena)
        let pass = JointPass(
            networks: networks, parameters: parameters,
            activations: JointPass.Activations(
                networks.model, tokens: batch.maximumTokens, masked: batch.maximumMasked, maximumLength: maximumLength,
                arena: arena),
            batch: batch, dropout: networks.dropout(seed: 1, step: 0),
            counts: GlobalCounts(maskedTokens: batch.maskedCount, tokens: batch.tokenCount))
        var sums = ObjectiveSums(counts: arena.array(of: Int64.self, count: MetricCounts.size))
        pass.forward(adding: &sums)
        pass.backward(adding: gradient)
    }

    /// Two sequences of different lengths; every fifth token is to be guessed.
    private static func madeUpText(vocabulary: Int, maximumLength: Int, arena: Arena) -> MicroBatch {
        let batch = MicroBatch(
            maximumSequences: 2, maximumLength: maximumLength, maximumMaskedPerSequence: maximumLength, arena: arena)
        for (key, length) in [maximumLength, 1 + 2 * maximumLength / 3].enumerated() {
            batch.append(key: key) { ids in
                for place in 0..<length { ids[place] = Int32((key + 1) * 7919 * (place + 1) % vocabulary) }
                return (length, length / 2)
            }
            for place in stride(from: 1, to: length, by: 5) {
                batch.choose(
                    row: batch.start(of: key) + place, shown: 0, uniform: Float(place) / Float(maximumLength + 1))
            }
        }
        return batch
    }
}
