import ElectraKernels
import ElectraModel
import ElectraTraining

/// Which tokens were replaced? Binary cross-entropy at every position, [CLS] and [SEP] included:
///
///     RTD loss = sum over tokens of BCE(logit, was replaced) / (tokens of the global batch)
enum ReplacedTokenDetection {
    /// `head.logits_T` turns from logits into the gradient of discriminatorWeight x RTD loss.
    static func run(
        _ head: ReplacedTokenHead.Activations, batch: MaskedBatch, options: ObjectiveOptions, _ context: StepContext,
        adding sums: TaskSums
    ) {
        let gradientScale = options.discriminatorWeight / Float(context.denominators[1])
        for token in 0..<batch.sequences.tokenCount {
            let logit = head.logits_T.base[token]
            let isReplaced = batch.isReplaced[token]
            sums.losses[1] += BinaryCrossEntropy.loss(logit: logit, isPositive: isReplaced)
            sums.countToken(logit: logit, isReplaced: isReplaced)
            head.logits_T.base[token] =
                gradientScale * BinaryCrossEntropy.gradient(logit: logit, isPositive: isReplaced)
        }
    }
}
