import ElectraKernels
import ElectraModel
import ElectraTraining

/// At which tokens the discriminator learns.
enum DetectedTokens: Sendable {
    case all
    /// At those that were chosen only: "ELECTRA 15 %" of the paper's section 3.4.
    case chosen

    func count(in batch: MaskedBatch) -> Int {
        switch self {
        case .all: batch.sequences.tokenCount
        case .chosen: (0..<batch.sequences.tokenCount).count { batch.isChosen[$0] }
        }
    }
}

/// Which tokens were replaced? Binary cross-entropy, [CLS] and [SEP] included where all are asked:
///
///     RTD loss = sum over tokens of BCE(logit, was replaced) / (tokens of the global batch)
enum ReplacedTokenDetection {
    /// `head.logits_T` turns from logits into the gradient of discriminatorWeight x RTD loss.
    static func run(
        _ head: ReplacedTokenHead.Activations, _ detected: DetectedTokens, batch: MaskedBatch,
        options: ObjectiveOptions, _ context: StepContext, adding sums: TaskSums
    ) {
        let gradientScale = options.discriminatorWeight / Float(context.denominators[1])
        for token in 0..<batch.sequences.tokenCount {
            guard detected == .all || batch.isChosen[token] else {
                head.logits_T.base[token] = 0
                continue
            }
            let logit = head.logits_T.base[token]
            let isReplaced = batch.isReplaced[token]
            sums.losses[1] += BinaryCrossEntropy.loss(logit: logit, isPositive: isReplaced)
            sums.countToken(logit: logit, isReplaced: isReplaced)
            head.logits_T.base[token] =
                gradientScale * BinaryCrossEntropy.gradient(logit: logit, isPositive: isReplaced)
        }
    }
}
