import ElectraKernels
import ElectraModel
import ElectraTraining

/// Masked-token prediction at the chosen positions: its loss and gradient, and a sample from it put into the text.
///
///     MLM loss = sum over chosen positions of -log softmax(z)[original] / (chosen positions of the global batch)
enum SampledReplacement {
    /// `head.logits_MV` turns from logits into the gradient of generatorWeight x MLM loss. Sampling is no function that
    /// gradients pass through.
    static func run(
        _ head: MaskedTokenHead.Activations, batch: MaskedBatch, options: ObjectiveOptions, _ context: StepContext,
        adding sums: TaskSums
    ) {
        let vocabulary = head.logits_MV.columns
        let temperature = options.temperature(at: context.step)
        let gradientScale = options.generatorWeight / Float(context.denominators[0])
        for index in 0..<batch.maskedCount {
            let row = head.logits_MV.base + index * vocabulary
            let original = batch.original(masked: index)
            let prediction = VocabularySoftmax.prediction(row: row, count: vocabulary)
            let sample = VocabularySoftmax.sample(
                row: row, count: vocabulary, prediction: prediction, temperature: temperature,
                banned: options.disallowsCorrect ? original : nil, uniform: batch.maskedUniforms[index])
            batch.replace(masked: index, with: sample)
            sums.losses[0] += VocabularySoftmax.crossEntropy(
                row: row, count: vocabulary, prediction: prediction, target: original, gradientScale: gradientScale)
            sums.countMasked(isCorrect: prediction.token == original, sampleIsCorrect: sample == original)
        }
    }
}
