import ElectraKernels
import ElectraModel
import ElectraTraining

/// BERT's masked language model (J. Devlin et al., 2019) without its next-sentence prediction: one network guesses the masked
/// tokens, and is kept.
final class MaskedLanguageObjective: PretrainingObjective {
    let masking: Masking
    let losses: [LossTerm]
    let metricCounts = PredictionCounts.size
    private let guesses = PredictionCounts(at: 0)
    private let model: MaskedLanguageModel
    private let dropout: DropoutRates

    init(model: MaskedLanguageModel, dropout: DropoutRates, options: ObjectiveOptions, masking: Masking) {
        self.model = model
        self.dropout = dropout
        self.masking = masking
        losses = [options.generatorLoss]
    }

    func parameters(_ windows: inout ParameterWindows) -> MaskedLanguageModel.Parameters {
        MaskedLanguageModel.Parameters(&windows, of: model.tower)
    }

    func makeWorkspace(sequences: Int, arena: Arena) -> MaskedLanguageModel.Activations {
        MaskedLanguageModel.Activations(
            model, tokens: sequences * masking.maximumLength, masked: sequences * masking.maximumPerSequence,
            maximumLength: masking.maximumLength, arena: arena)
    }

    func denominators(of batch: MaskedBatch) -> LossVector<Int> { LossVector(batch.maskedCount, 0, rest: 0) }

    func operations(of batch: MaskedBatch, _ context: StepContext) -> Int {
        3 * model.operations(of: batch.sequences, chosen: batch.maskedCount)
    }

    func forward(
        _ p: MaskedLanguageModel.Parameters, _ a: MaskedLanguageModel.Activations, _ batch: MaskedBatch,
        _ context: StepContext, adding sums: TaskSums
    ) {
        model.forward(
            p, a, ids: batch.maskedIds, at: batch.chosenRows, batch: batch.sequences,
            dropout: dropout.source(network: 0, context))
        MaskedTokenPrediction.run(a.head, batch: batch, losses[0], number: 0, context, adding: sums, guesses)
    }

    func backward(
        _ p: MaskedLanguageModel.Parameters, adding d: MaskedLanguageModel.Parameters,
        _ a: MaskedLanguageModel.Activations, _ batch: MaskedBatch
    ) {
        model.backward(p, adding: d, a, ids: batch.maskedIds, at: batch.chosenRows, batch: batch.sequences)
    }

    func metrics(losses: LossVector<Double>, counts: UnsafePointer<Int64>) -> Metrics {
        var metrics = Metrics()
        metrics.totalLoss = Double(self.losses[0].weight) * losses[0]
        metrics.mlmLoss = losses[0]
        metrics.maskedLMAccuracy = guesses.accuracy(counts)
        return metrics
    }
}
