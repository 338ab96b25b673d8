extension RunConfiguration {
    /// Refuses what cannot work, with the reason. Called once all fields are set.
    public func validate() throws(Failure) {
        try checkSizes()
        try checkRanges()
        try checkDivision()
        guard ProductPrecision(rawValue: precision) != nil else {
            throw .usage("precision \"\(precision)\": expected f32 or bf16")
        }
    }

    func checkSizes() throws(Failure) {
        let sizes = [
            ("max_length", maxLength), ("max_positions", maxPositions), ("embedding_size", embeddingSize),
            ("hidden_size", hiddenSize), ("layers", layers), ("heads", heads),
            ("feed_forward_size", feedForwardSize), ("generator_hidden_size", generatorHiddenSize),
            ("generator_layers", generatorLayers), ("generator_heads", generatorHeads),
            ("generator_feed_forward_size", generatorFeedForwardSize), ("batch", batch), ("steps", steps),
            ("slices", slices), ("micro_batch", microBatch), ("threads", threads), ("save_every", saveEvery),
            ("log_every", logEvery),
        ]
        for (key, value) in sizes {
            guard value > 0, value < 1 << 30 else {
                throw .usage("\(key) \(value): expected 1 to \(1 << 30 - 1)")
            }
        }
        // So that no product of sizes overflows; what MPI can count is checked where the model is made. All of a batch is
        // masked before it is computed, and takes memory.
        for (key, value) in sizes where key.hasSuffix("_size") || key == "batch" {
            guard value <= 1 << 20 else { throw .usage("\(key) \(value): expected at most \(1 << 20)") }
        }
        guard threads <= 1024 else { throw .usage("threads \(threads): expected at most 1024") }
        for (key, value) in [
            ("warmup", warmup), ("evaluate_every", evaluateEvery), ("evaluation_sequences", evaluationSequences),
            ("keep", keep),
        ] where value < 0 {
            throw .usage("\(key) \(value): expected 0 or more")
        }
        guard layers <= 256, generatorLayers <= 256, heads <= 256, generatorHeads <= 256 else {
            throw .usage("layers \(layers), heads \(heads): expected at most 256 of each")
        }
        guard hiddenSize.isMultiple(of: heads) else {
            throw .usage("heads \(heads): do not divide hidden_size \(hiddenSize)")
        }
        guard generatorHiddenSize.isMultiple(of: generatorHeads) else {
            throw .usage(
                "generator_heads \(generatorHeads): do not divide generator_hidden_size \(generatorHiddenSize)")
        }
        guard maxLength >= 5 else {
            throw .usage("max_length \(maxLength): a sequence of [CLS] a [SEP] b [SEP] takes 5")
        }
        guard maxLength <= maxPositions else {
            throw .usage("max_length \(maxLength): the position table has max_positions = \(maxPositions) rows")
        }
    }

    private func checkRanges() throws(Failure) {
        for (key, rate) in [("hidden_dropout", hiddenDropout), ("attention_dropout", attentionDropout)] {
            guard rate >= 0, rate < 0.999 else { throw .usage("\(key) \(rate): expected 0 to below 0.999") }
        }
        guard maskProbability > 0, maskProbability < 1 else {
            throw .usage("mask_probability \(maskProbability): expected between 0 and 1")
        }
        guard temperature > 0 else { throw .usage("temperature \(temperature): expected above 0") }
        guard learningRate >= 0 else { throw .usage("learning_rate \(learningRate): expected 0 or more") }
        for (key, beta) in [("adam_beta1", adamBeta1), ("adam_beta2", adamBeta2)] {
            guard beta >= 0, beta < 1 else { throw .usage("\(key) \(beta): expected 0 to below 1") }
        }
        guard adamEpsilon > 0 else { throw .usage("adam_epsilon \(adamEpsilon): expected above 0") }
        for (key, value) in [
            ("weight_decay", weightDecay), ("clipping_norm", clippingNorm), ("generator_weight", generatorWeight),
            ("discriminator_weight", discriminatorWeight), ("initializer_range", initializerRange),
        ] where value < 0 {
            throw .usage("\(key) \(value): expected 0 or more")
        }
        guard !uniformGenerator || shareEmbeddings else {
            throw .usage(
                "uniform_generator: there is no generator whose embeddings could be its own; "
                    + "leave share_embeddings true")
        }
    }

    private func checkDivision() throws(Failure) {
        guard batch.isMultiple(of: slices) else {
            throw .usage(
                "batch \(batch): \(slices) slices do not divide it; "
                    + "use --slices \(Self.slices(forBatch: batch, near: slices)) or another --batch")
        }
    }

    /// The number of slices that a batch divides into with at least the sequences a slice that the preset has: what is
    /// used where the batch was changed and the slices were not.
    static func slices(forBatch batch: Int, sequencesPerSlice: Int) -> Int {
        slices(forBatch: batch, near: max(1, batch / max(sequencesPerSlice, 1)))
    }

    /// The largest divisor of `batch` that is at most `most`.
    private static func slices(forBatch batch: Int, near most: Int) -> Int {
        guard batch > 0 else { return 1 }
        var slices = max(1, min(most, batch))
        while !batch.isMultiple(of: slices) { slices -= 1 }
        return slices
    }
}
