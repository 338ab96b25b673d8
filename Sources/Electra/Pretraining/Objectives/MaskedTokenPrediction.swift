import ElectraKernels
import ElectraModel
import ElectraTraining

/// The tokens at the chosen positions, guessed: the loss and its gradient.
///
///     loss = sum over chosen positions of -log softmax(z)[original] / (chosen positions of the global batch)
enum MaskedTokenPrediction {
    /// `head.logits_MV` turns from logits into the gradient of the weighted loss, which is that `number` of the objective.
    static func run(
        _ head: MaskedTokenHead.Activations, batch: MaskedBatch, _ loss: LossTerm, number: Int, _ context: StepContext,
        adding sums: TaskSums, _ counts: PredictionCounts
    ) {
        let vocabulary = head.logits_MV.columns
        let gradientScale = loss.weight / Float(context.denominators[number])
        for index in 0..<batch.maskedCount {
            let row = head.logits_MV.base + index * vocabulary
            let original = batch.original(masked: index)
            let prediction = VocabularySoftmax.prediction(row: row, count: vocabulary)
            sums.losses[number] += VocabularySoftmax.crossEntropy(
                row: row, count: vocabulary, prediction: prediction, target: original, gradientScale: gradientScale)
            counts.count(isCorrect: prediction.token == original, in: sums)
        }
    }
}

/// How many tokens were to be guessed, and how many were guessed right: two counts, and where they stand.
struct PredictionCounts: Sendable {
    static let size = 2
    private let start: Int

    init(at start: Int) { self.start = start }

    func count(isCorrect: Bool, in sums: TaskSums) {
        sums.counts[start] += 1
        sums.counts[start + 1] += isCorrect ? 1 : 0
    }

    func accuracy(_ counts: UnsafePointer<Int64>) -> Double {
        Double(counts[start + 1]) / Double(max(counts[start], 1))
    }
}
