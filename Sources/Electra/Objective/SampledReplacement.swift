import Glibc

/// Masked-token prediction at the chosen positions: its loss and gradient, and a sample from it put into the text.
///
///     MLM loss = sum over chosen positions of -log softmax(z)[original] / (chosen positions of the global batch)
enum SampledReplacement {
    /// `head.logits_MV` turns from logits into the gradient of generatorWeight x MLM loss. Sampling is no function that
    /// gradients pass through.
    static func run(
        _ head: MaskedTokenHead.Activations, batch: MicroBatch, options: ObjectiveOptions, counts: GlobalCounts,
        adding sums: inout ObjectiveSums
    ) {
        let vocabulary = head.logits_MV.columns
        let gradientScale = options.generatorWeight / Float(counts.maskedTokens)
        for index in 0..<batch.maskedCount {
            let row = head.logits_MV.base + index * vocabulary
            let original = batch.ids[Int(batch.maskedRows[index])]
            let prediction = VocabularySoftmax.prediction(row: row, count: vocabulary)
            let sample = VocabularySoftmax.sample(
                row: row, count: vocabulary, prediction: prediction, temperature: options.temperature,
                banned: options.disallowsCorrect ? original : nil, uniform: batch.maskedUniforms[index])
            batch.replace(masked: index, with: sample)
            sums.maskedLoss += VocabularySoftmax.crossEntropy(
                row: row, count: vocabulary, prediction: prediction, target: original, gradientScale: gradientScale)
            sums.countMasked(isCorrect: prediction.token == original, sampleIsCorrect: sample == original)
        }
    }

    /// The uniform generator: every token of the vocabulary is as likely, there is nothing to learn.
    static func runUniform(
        vocabulary: Int, batch: MicroBatch, options: ObjectiveOptions, adding sums: inout ObjectiveSums
    ) {
        for index in 0..<batch.maskedCount {
            let original = batch.ids[Int(batch.maskedRows[index])]
            // Without the original, the tokens behind it move up by one.
            let choices = options.disallowsCorrect ? vocabulary - 1 : vocabulary
            var sample = Int32(Float(choices) * batch.maskedUniforms[index])
            if options.disallowsCorrect && sample >= original { sample += 1 }
            batch.replace(masked: index, with: sample)
            sums.maskedLoss += log(Double(vocabulary))
            sums.countMasked(isCorrect: false, sampleIsCorrect: sample == original)
        }
    }
}
