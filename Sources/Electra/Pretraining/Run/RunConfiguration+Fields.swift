package import ElectraSupport
package import ElectraTraining

extension RunConfiguration {
    /// Every field of the run file, in the order in which it is written.
    package static let fields: [ConfigurationField<RunConfiguration>] = [
        .init("preset", \.preset, "the preset that the other fields started from"),
        .init("seed", \.seed, "decides initial weights, order of the data, masks, samples and dropout"),

        .init("vocabulary_size", \.vocabularySize, "entries of the vocabulary; comes from the data set"),
        .init("max_length", \.maxLength, "longest sequence in tokens; the data set's may be shorter"),
        .init("max_positions", \.maxPositions, "rows of the position table"),
        .init("embedding_size", \.embeddingSize, "width of the embeddings"),
        .init("hidden_size", \.hiddenSize, "width of the discriminator"),
        .init("layers", \.layers, "layers of the discriminator"),
        .init("heads", \.heads, "attention heads of the discriminator"),
        .init("feed_forward_size", \.feedForwardSize, "inner width of the discriminator's feed-forward part"),
        .init("generator_hidden_size", \.generatorHiddenSize, "width of the generator"),
        .init("generator_layers", \.generatorLayers, "layers of the generator"),
        .init("generator_heads", \.generatorHeads, "attention heads of the generator"),
        .init("generator_feed_forward_size", \.generatorFeedForwardSize, "inner width of the generator"),
        .init("share_embeddings", \.shareEmbeddings, "generator and discriminator share their embeddings"),
        .init("initializer_range", \.initializerRange, "deviation of the initial weights"),
        .init("hidden_dropout", \.hiddenDropout, "dropout of embeddings, attention and feed-forward outputs"),
        .init("attention_dropout", \.attentionDropout, "dropout of attention probabilities"),

        .init("mask_probability", \.maskProbability, "share of the tokens that the generator has to guess"),
        .init(
            "mask_with_replacement", \.maskWithReplacement,
            "draw masked positions as the reference does, duplicates and all"),
        .init("generator_weight", \.generatorWeight, "weight of the MLM loss"),
        .init("discriminator_weight", \.discriminatorWeight, "weight of the RTD loss (lambda of the paper)"),
        .init("temperature", \.temperature, "replacements are sampled from softmax(logits / temperature)"),
        .init("disallow_correct", \.disallowCorrect, "never sample the original token"),
        .init("uniform_generator", \.uniformGenerator, "replacements are uniform, there is no generator network"),

        .init("batch", \.batch, "sequences in a step, over all ranks"),
        .init("learning_rate", \.learningRate, "peak of the schedule"),
        .init(
            "warmup", \.warmup, share: \.warmupShare, "steps until the peak; may be given as a share of the steps, 5%"),
        .init("steps", \.steps, "steps until the learning rate is zero and the run ends"),
        .init("weight_decay", \.weightDecay, "decoupled; not on biases and norms"),
        .init("adam_beta1", \.adamBeta1, "decay of the first moment"),
        .init("adam_beta2", \.adamBeta2, "decay of the second moment"),
        .init("adam_epsilon", \.adamEpsilon, "added outside the square root"),
        .init("bias_correction", \.biasCorrection, "correct the moments for their start at zero (the reference: no)"),
        .init("clipping_norm", \.clippingNorm, "longest gradient of both networks together; 0 for no clipping"),

        .init("slices", \.slices, "parts that a step is divided into; ranks x threads can be as many"),
        .init("micro_batch", \.microBatch, "sequences that go through the networks at a time"),
        .init("precision", \.precision, "of the matrix products: f32, or bf16 where the CPU has it"),

        .init("threads", \.threads, mayChange: true, "lanes of each rank"),
        .init("save_every", \.saveEvery, mayChange: true, "steps between checkpoints"),
        .init("evaluate_every", \.evaluateEvery, mayChange: true, "steps between held-out evaluations; 0 for none"),
        .init("evaluation_sequences", \.evaluationSequences, mayChange: true, "held-out sequences used, at most"),
        .init("log_every", \.logEvery, mayChange: true, "steps between lines of metrics"),
        .init("keep", \.keep, mayChange: true, "checkpoints kept; 0 for all"),
        .init(
            "on_nonfinite", \.onNonfinite, mayChange: true,
            "stop at a step with a loss or gradient that is no number, or skip it where some of its sequences are the reason"
        ),

        .init("data", \.data, "fingerprint of the data set; comes from it"),
        .init(
            "initial_weights", \.initialWeights,
            "fingerprint of the models named with --from-discriminator and --from-generator; comes from them"),
    ]

    package static func field(_ key: String) throws(Failure) -> ConfigurationField<RunConfiguration> {
        if let field = fields.first(where: { $0.key == key }) { return field }
        let meant = closest(to: key, of: fields.map(\.key)).map { " (did you mean \"\($0)\"?)" } ?? ""
        throw .usage("unknown field \"\(key)\"\(meant); electra-dist pretrain --list-fields shows all")
    }

    /// Changes one field by name. Refuses unknown names and values of another type.
    package mutating func set(_ key: String, to value: ConfigurationValue) throws(Failure) {
        try Self.field(key).set(&self, to: value)
    }

    /// As JSON, one field a line.
    package var json: String {
        let lines = Self.fields.map { "  \"\($0.key)\": \($0.get(self).json)" }
        return "{\n" + lines.joined(separator: ",\n") + "\n}\n"
    }

    /// The fields that were changed from the preset; not those that come from the data set.
    package func changedFields() throws(Failure) -> [ConfigurationField<RunConfiguration>] {
        let defaults = try Self.preset(preset)
        return Self.fields.filter { $0.get(self) != $0.get(defaults) && !["data", "vocabulary_size"].contains($0.key) }
    }

    /// The first field, among those that a resumed run may not change, in which two runs differ.
    package func firstDifference(from other: RunConfiguration) -> ConfigurationField<RunConfiguration>? {
        Self.fields.first { !$0.mayChange && $0.get(self) != $0.get(other) }
    }
}
