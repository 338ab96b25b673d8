import ElectraKernels
import ElectraModel
import ElectraTraining

/// ELECTRA: a small generator guesses the masked tokens, and its samples stand in their places.
///
/// Sampling passes no gradient, so the two backward passes meet in the shared embeddings only.
final class ElectraObjective: ReplacedTokenObjective {
    /// Where the generator has its embeddings (three tables and their LayerNorm) from.
    enum GeneratorEmbeddings: Sendable { case discriminator, own }

    /// Layers and heads, then the embeddings, to which both add. What has an odd size (vocabulary and prediction bias) is
    /// small and stands at the end of its network.
    final class Parameters {
        let discriminator: Discriminator.Parameters
        let generator: MaskedLanguageModel.Parameters

        init(_ windows: inout ParameterWindows, of electra: ElectraObjective) {
            let (large, small) = (electra.discriminator.tower, electra.generator.tower)
            let largeLayers = Tower.Layers(&windows, of: large)
            let replacedTokenHead = ReplacedTokenHead.Parameters(&windows, of: large)
            let smallLayers = Tower.Layers(&windows, of: small)
            let maskedTokenHead = MaskedTokenHead.Parameters(&windows, of: small)
            let embeddings = Embeddings.Parameters(&windows, of: large)
            let generatorEmbeddings =
                switch electra.generatorEmbeddings {
                case .discriminator: embeddings
                case .own: Embeddings.Parameters(&windows, of: small)
                }
            discriminator = Discriminator.Parameters(
                tower: Tower.Parameters(embeddings: embeddings, layers: largeLayers), head: replacedTokenHead)
            generator = MaskedLanguageModel.Parameters(
                tower: Tower.Parameters(embeddings: generatorEmbeddings, layers: smallLayers), head: maskedTokenHead)
        }
    }

    final class Workspace {
        let generator: MaskedLanguageModel.Activations
        let discriminator: Discriminator.Activations

        init(_ electra: ElectraObjective, sequences: Int, arena: Arena) {
            let length = electra.masking.maximumLength
            generator = MaskedLanguageModel.Activations(
                electra.generator, tokens: sequences * length, masked: sequences * electra.masking.maximumPerSequence,
                maximumLength: length, arena: arena)
            discriminator = Discriminator.Activations(
                electra.discriminator, tokens: sequences * length, maximumLength: length, arena: arena)
        }
    }

    let masking: Masking
    let options: ObjectiveOptions
    let losses: [LossTerm]
    let generator: MaskedLanguageModel
    let discriminator: Discriminator
    let generatorEmbeddings: GeneratorEmbeddings
    let dropout: DropoutRates

    init(
        generator: MaskedLanguageModel, discriminator: Discriminator,
        generatorEmbeddings: GeneratorEmbeddings = .discriminator,
        dropout: DropoutRates, options: ObjectiveOptions, masking: Masking
    ) {
        self.generator = generator
        self.discriminator = discriminator
        self.generatorEmbeddings = generatorEmbeddings
        self.dropout = dropout
        self.options = options
        self.masking = masking
        losses = options.losses
    }

    func parameters(_ windows: inout ParameterWindows) -> Parameters { Parameters(&windows, of: self) }

    func makeWorkspace(sequences: Int, arena: Arena) -> Workspace {
        Workspace(self, sequences: sequences, arena: arena)
    }

    func replaceMaskedTokens(
        _ p: Parameters, _ w: Workspace, _ batch: MaskedBatch, _ context: StepContext, adding sums: TaskSums
    ) {
        generator.forward(
            p.generator, w.generator, ids: batch.maskedIds, at: batch.chosenRows, batch: batch.sequences,
            dropout: dropout.source(network: 0, context))
        SampledReplacement.run(w.generator.head, batch: batch, options: options, context, adding: sums)
    }

    func scoreTokens(
        _ p: Parameters, _ w: Workspace, _ batch: MaskedBatch, _ context: StepContext
    ) -> ReplacedTokenHead.Activations {
        discriminator.forward(
            p.discriminator, w.discriminator, ids: batch.corruptedIds, batch: batch.sequences,
            dropout: dropout.source(network: 1, context))
        return w.discriminator.head
    }

    func backward(_ p: Parameters, adding d: Parameters, _ w: Workspace, _ batch: MaskedBatch) {
        discriminator.backward(
            p.discriminator, adding: d.discriminator, w.discriminator, ids: batch.corruptedIds, batch: batch.sequences)
        generator.backward(
            p.generator, adding: d.generator, w.generator, ids: batch.maskedIds, at: batch.chosenRows,
            batch: batch.sequences)
    }
}
