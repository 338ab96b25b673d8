import ElectraKernels
package import ElectraSupport

extension RunConfiguration {
    /// What `--threads` may be, in every command.
    package static let threadRange = 1...1024

    /// Refuses what cannot work, with the reason. Called once all fields are set.
    package func validate() throws(Failure) {
        try checkSizes()
        try checkRanges()
        try checkDivision()
        guard ProductPrecision(rawValue: precision) != nil else {
            throw .usage("precision \"\(precision)\": expected f32 or bf16")
        }
        guard NonfinitePolicy(rawValue: onNonfinite) != nil else {
            throw .usage("on_nonfinite \"\(onNonfinite)\": expected stop or skip")
        }
    }

    func checkSizes() throws(Failure) {
        // No product of two widths overflows; what MPI can count is checked where the model is made. All of a batch is
        // masked before it is computed, and takes memory.
        try check(
            [
                ("max_length", maxLength), ("max_positions", maxPositions), ("embedding_size", embeddingSize),
                ("hidden_size", hiddenSize), ("feed_forward_size", feedForwardSize),
                ("generator_hidden_size", generatorHiddenSize),
                ("generator_feed_forward_size", generatorFeedForwardSize), ("batch", batch), ("slices", slices),
                ("micro_batch", microBatch),
            ], areIn: 1...1 << 20)
        try check(
            [
                ("layers", layers), ("heads", heads), ("generator_layers", generatorLayers),
                ("generator_heads", generatorHeads),
            ], areIn: 1...256)
        try check([("threads", threads)], areIn: Self.threadRange)
        // 0 until the data are known.
        try check([("vocabulary_size", vocabularySize)], areIn: 0...1 << 26)
        try check([("steps", steps), ("save_every", saveEvery), ("log_every", logEvery)], areIn: 1...1 << 30)
        try check(
            [
                ("warmup", warmup), ("evaluate_every", evaluateEvery), ("evaluation_sequences", evaluationSequences),
                ("keep", keep),
            ], areIn: 0...1 << 30)
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

    private func check(_ sizes: [(key: String, value: Int)], areIn range: ClosedRange<Int>) throws(Failure) {
        for (key, value) in sizes where !range.contains(value) {
            throw .usage("\(key) \(value): expected \(range.lowerBound) to \(range.upperBound)")
        }
    }

    private func checkRanges() throws(Failure) {
        for (key, rate) in [("hidden_dropout", hiddenDropout), ("attention_dropout", attentionDropout)] {
            guard rate >= 0, rate < 0.999 else { throw .usage("\(key) \(rate): expected 0 to below 0.999") }
        }
        guard maskProbability > 0, maskProbability < 1 else {
            throw .usage("mask_probability \(maskProbability): expected between 0 and 1")
        }
        guard temperature > 0, (1 / temperature).isFinite else {
            throw .usage("temperature \(temperature): expected above 0, and its inverse in a Float")
        }
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
    package static func slices(forBatch batch: Int, sequencesPerSlice: Int) -> Int {
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
