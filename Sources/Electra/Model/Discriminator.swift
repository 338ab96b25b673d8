/// The network that is kept: sees the text with the generator's guesses in it, tells at every position whether the
/// token was replaced.
struct Discriminator {
    final class Parameters {
        let encoder: Encoder.Parameters
        let head: ReplacedTokenHead.Parameters

        init(_ windows: inout ParameterWindows, _ model: ModelConfiguration) {
            encoder = Encoder.Parameters(
                &windows, network: "discriminator", model.discriminator, initializerRange: model.initializerRange)
            head = ReplacedTokenHead.Parameters(
                &windows, model.discriminator, initializerRange: model.initializerRange)
        }
    }

    final class Activations {
        let encoder: Encoder.Activations
        let head: ReplacedTokenHead.Activations

        init(_ model: ModelConfiguration, tokens: Int, maximumLength: Int, arena: Arena) {
            encoder = Encoder.Activations(
                model.discriminator, tokens: tokens, maximumLength: maximumLength, arena: arena)
            head = ReplacedTokenHead.Activations(model.discriminator, tokens: tokens, arena: arena)
        }
    }

    let encoder: Encoder

    /// One logit for every token: positive where it looks replaced.
    func forward(
        _ p: Parameters, embeddings: Embeddings.Parameters, _ a: Activations, batch: MicroBatch, dropout: DropoutSource
    ) {
        encoder.forward(
            p.encoder, embeddings: embeddings, a.encoder, ids: batch.corruptedIds, batch: batch, dropout: dropout)
        ReplacedTokenHead.forward(
            p.head, a.head, encoded_TH: a.encoder.last.output_TH, rows: batch.tokenCount)
    }

    /// `a.head.logits_T` holds the gradient of the logits.
    func backward(
        _ p: Parameters, embeddings: Embeddings.Parameters, adding d: Parameters,
        addingEmbeddings dEmbeddings: Embeddings.Parameters, _ a: Activations, batch: MicroBatch
    ) {
        ReplacedTokenHead.backward(
            p.head, adding: d.head, a.head, encoded_TH: a.encoder.last.output_TH, into: &a.encoder.gradient_TH,
            rows: batch.tokenCount)
        encoder.backward(
            p.encoder, embeddings: embeddings, adding: d.encoder, addingEmbeddings: dEmbeddings, a.encoder,
            ids: batch.corruptedIds, batch: batch)
    }
}
