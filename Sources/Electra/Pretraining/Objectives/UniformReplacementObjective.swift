import ElectraKernels
import ElectraModel
import ElectraTraining

/// Replacements drawn uniformly from the vocabulary, by no network at all: a baseline of the ELECTRA paper.
final class UniformReplacementObjective: ReplacedTokenObjective {
    let masking: Masking
    let options: ObjectiveOptions
    let losses: [LossTerm]
    let detected = DetectedTokens.all
    let discriminator: Discriminator
    let dropout: DropoutRates

    init(discriminator: Discriminator, dropout: DropoutRates, options: ObjectiveOptions, masking: Masking) {
        self.discriminator = discriminator
        self.dropout = dropout
        self.options = options
        self.masking = masking
        losses = options.losses
    }

    /// As ELECTRA's without the generator.
    func parameters(_ windows: inout ParameterWindows) -> Discriminator.Parameters {
        let layers = Tower.Layers(&windows, of: discriminator.tower)
        let head = ReplacedTokenHead.Parameters(&windows, of: discriminator.tower)
        let embeddings = Embeddings.Parameters(&windows, of: discriminator.tower)
        return Discriminator.Parameters(tower: Tower.Parameters(embeddings: embeddings, layers: layers), head: head)
    }

    func makeWorkspace(sequences: Int, arena: Arena) -> Discriminator.Activations {
        let length = masking.maximumLength
        return Discriminator.Activations(discriminator, tokens: sequences * length, maximumLength: length, arena: arena)
    }

    func operations(of batch: MaskedBatch, _ context: StepContext) -> Int {
        3 * discriminator.operations(of: batch.sequences)
    }

    func replaceMaskedTokens(
        _ p: Discriminator.Parameters, _ a: Discriminator.Activations, _ batch: MaskedBatch, _ context: StepContext,
        adding sums: TaskSums
    ) {
        UniformReplacement.run(
            vocabulary: discriminator.tower.rows.vocabulary, batch: batch, options: options, adding: sums)
    }

    func scoreTokens(
        _ p: Discriminator.Parameters, _ a: Discriminator.Activations, _ batch: MaskedBatch, _ context: StepContext
    ) -> ReplacedTokenHead.Activations {
        discriminator.forward(
            p, a, ids: batch.corruptedIds, batch: batch.sequences, dropout: dropout.source(network: 1, context))
        return a.head
    }

    func backward(
        _ p: Discriminator.Parameters, adding d: Discriminator.Parameters, _ a: Discriminator.Activations,
        _ batch: MaskedBatch
    ) {
        discriminator.backward(p, adding: d, a, ids: batch.corruptedIds, batch: batch.sequences)
    }
}
