import ElectraKernels
import ElectraModel
import ElectraTraining

/// ELECTRA: a small generator guesses the masked tokens, and its samples stand in their places.
///
/// Sampling passes no gradient, so the two backward passes meet in the shared embeddings only.
final class ElectraObjective: ReplacedTokenObjective {
    typealias Parameters = GeneratorPair.Parameters<Discriminator.Parameters>

    final class Workspace {
        let generator: MaskedLanguageModel.Activations
        let discriminator: Discriminator.Activations

        init(_ electra: ElectraObjective, sequences: Int, arena: Arena) {
            let length = electra.masking.maximumLength
            generator = electra.pair.generatorActivations(sequences: sequences, electra.masking, arena: arena)
            discriminator = Discriminator.Activations(
                electra.discriminator, tokens: sequences * length, maximumLength: length, arena: arena)
        }
    }

    let masking: Masking
    let options: ObjectiveOptions
    let losses: [LossTerm]
    let pair: GeneratorPair
    let detected: DetectedTokens
    let dropout: DropoutRates

    var generator: MaskedLanguageModel { pair.generator }
    var discriminator: Discriminator { Discriminator(tower: pair.main) }

    init(
        _ pair: GeneratorPair, detecting detected: DetectedTokens = .all, dropout: DropoutRates,
        options: ObjectiveOptions, masking: Masking
    ) {
        self.pair = pair
        self.detected = detected
        self.dropout = dropout
        self.options = options
        self.masking = masking
        losses = options.losses
    }

    func parameters(_ windows: inout ParameterWindows) -> Parameters {
        pair.parameters(&windows) {
            ReplacedTokenHead.Parameters(&$0, of: $1)
        } main: {
            Discriminator.Parameters(tower: $0, head: $1)
        }
    }

    func makeWorkspace(sequences: Int, arena: Arena) -> Workspace {
        Workspace(self, sequences: sequences, arena: arena)
    }

    func operations(of batch: MaskedBatch, _ context: StepContext) -> Int {
        (pair.freezesGenerator ? 1 : 3) * pair.generatorOperations(of: batch)
            + 3 * discriminator.operations(of: batch.sequences)
    }

    func replaceMaskedTokens(
        _ p: Parameters, _ w: Workspace, _ batch: MaskedBatch, _ context: StepContext, adding sums: TaskSums
    ) {
        pair.generatorForward(p, w.generator, batch, dropout: dropout.source(network: 0, context))
        SampledReplacement.run(w.generator.head, batch: batch, options: options, context, adding: sums)
    }

    func scoreTokens(
        _ p: Parameters, _ w: Workspace, _ batch: MaskedBatch, _ context: StepContext
    ) -> ReplacedTokenHead.Activations {
        discriminator.forward(
            p.main, w.discriminator, ids: batch.corruptedIds, batch: batch.sequences,
            dropout: dropout.source(network: 1, context))
        return w.discriminator.head
    }

    func backward(_ p: Parameters, adding d: Parameters, _ w: Workspace, _ batch: MaskedBatch) {
        backwardOfDiscriminator(p, adding: d, w, batch)
        if !pair.freezesGenerator { backwardOfGenerator(p, adding: d, w, batch) }
    }

    func backwardOfDiscriminator(
        _ p: Parameters, adding d: Parameters, _ w: Workspace, _ batch: MaskedBatch
    ) {
        discriminator.backward(
            p.main, adding: d.main, w.discriminator, ids: batch.corruptedIds, batch: batch.sequences)
    }

    func backwardOfGenerator(_ p: Parameters, adding d: Parameters, _ w: Workspace, _ batch: MaskedBatch) {
        pair.generatorBackward(p, adding: d, w.generator, batch)
    }
}
