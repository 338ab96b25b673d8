import ElectraKernels
import ElectraModel
import ElectraTraining

/// "Replace MLM" of the paper's section 3.4: a masked language model that sees a generator's samples in the place of [MASK], which
/// it would never meet when it is put to use.
///
///     masked text -> samples (MLM loss) -> corrupted text -> encoder predicts the originals at the chosen positions
final class ReplaceMaskedLanguageObjective: PretrainingObjective {
    typealias Parameters = GeneratorPair.Parameters<MaskedLanguageModel.Parameters>

    final class Workspace {
        let generator: MaskedLanguageModel.Activations
        let encoder: MaskedLanguageModel.Activations

        init(_ objective: ReplaceMaskedLanguageObjective, sequences: Int, arena: Arena) {
            let (pair, masking) = (objective.pair, objective.masking)
            generator = pair.generatorActivations(sequences: sequences, masking, arena: arena)
            encoder = MaskedLanguageModel.Activations(
                objective.encoder, tokens: sequences * masking.maximumLength,
                masked: sequences * masking.maximumPerSequence, maximumLength: masking.maximumLength, arena: arena)
        }
    }

    let masking: Masking
    let losses: [LossTerm]
    let metricCounts = MainPrediction.metricCounts
    private let pair: GeneratorPair
    private let options: ObjectiveOptions
    private let dropout: DropoutRates

    private var encoder: MaskedLanguageModel { MaskedLanguageModel(tower: pair.main) }

    init(_ pair: GeneratorPair, dropout: DropoutRates, options: ObjectiveOptions, masking: Masking) {
        self.pair = pair
        self.dropout = dropout
        self.options = options
        self.masking = masking
        losses = [options.generatorLoss, MainPrediction.loss]
    }

    func parameters(_ windows: inout ParameterWindows) -> Parameters {
        pair.parameters(&windows) {
            MaskedTokenHead.Parameters(&$0, of: $1)
        } main: {
            MaskedLanguageModel.Parameters(tower: $0, head: $1)
        }
    }

    func makeWorkspace(sequences: Int, arena: Arena) -> Workspace {
        Workspace(self, sequences: sequences, arena: arena)
    }

    func denominators(of batch: MaskedBatch) -> LossVector<Int> {
        LossVector(batch.maskedCount, batch.maskedCount, rest: 0)
    }

    func operations(of batch: MaskedBatch, _ context: StepContext) -> Int {
        3 * pair.generatorOperations(of: batch)
            + 3 * encoder.operations(of: batch.sequences, chosen: batch.maskedCount)
    }

    func forward(
        _ p: Parameters, _ w: Workspace, _ batch: MaskedBatch, _ context: StepContext, adding sums: TaskSums
    ) {
        pair.generatorForward(p, w.generator, batch, dropout: dropout.source(network: 0, context))
        SampledReplacement.run(w.generator.head, batch: batch, options: options, context, adding: sums)
        encoder.forward(
            p.main, w.encoder, ids: batch.corruptedIds, at: batch.chosenRows, batch: batch.sequences,
            dropout: dropout.source(network: 1, context))
        MaskedTokenPrediction.run(
            w.encoder.head, batch: batch, losses[1], number: 1, context, adding: sums, MainPrediction.guesses)
    }

    func backward(_ p: Parameters, adding d: Parameters, _ w: Workspace, _ batch: MaskedBatch) {
        encoder.backward(
            p.main, adding: d.main, w.encoder, ids: batch.corruptedIds, at: batch.chosenRows, batch: batch.sequences)
        pair.generatorBackward(p, adding: d, w.generator, batch)
    }

    func metrics(losses: LossVector<Double>, counts: UnsafePointer<Int64>) -> Metrics {
        MainPrediction.metrics(losses: losses, terms: self.losses, counts: counts)
    }
}
