/// The small network: sees masked text, predicts what stood at the masked positions.
struct Generator {
    final class Parameters {
        let encoder: Encoder.Parameters
        let head: MaskedTokenHead.Parameters

        init(_ windows: inout ParameterWindows, _ model: ModelConfiguration) {
            encoder = Encoder.Parameters(
                &windows, network: "generator", model.generator, initializerRange: model.initializerRange)
            head = MaskedTokenHead.Parameters(
                &windows, model.generator, vocabulary: model.vocabulary, initializerRange: model.initializerRange)
        }
    }

    final class Activations {
        let encoder: Encoder.Activations
        let head: MaskedTokenHead.Activations

        init(_ model: ModelConfiguration, tokens: Int, masked: Int, maximumLength: Int, arena: Arena) {
            encoder = Encoder.Activations(model.generator, tokens: tokens, maximumLength: maximumLength, arena: arena)
            head = MaskedTokenHead.Activations(
                model.generator, vocabulary: model.vocabulary, masked: masked, arena: arena)
        }
    }

    let encoder: Encoder

    /// Logits over the vocabulary at the chosen positions.
    func forward(
        _ p: Parameters, embeddings: Embeddings.Parameters, _ a: Activations, batch: MicroBatch, dropout: DropoutSource
    ) {
        encoder.forward(
            p.encoder, embeddings: embeddings, a.encoder, ids: batch.maskedIds, batch: batch, dropout: dropout)
        MaskedTokenHead.forward(
            p.head, wordTable: embeddings.word_VE, a.head, encoded_TH: a.encoder.last.output_TH, batch: batch)
    }

    /// `a.head.logits_MV` holds the gradient of the logits.
    func backward(
        _ p: Parameters, embeddings: Embeddings.Parameters, adding d: Parameters,
        addingEmbeddings dEmbeddings: Embeddings.Parameters, _ a: Activations, batch: MicroBatch
    ) {
        MaskedTokenHead.backward(
            p.head, wordTable: embeddings.word_VE, adding: d.head, addingWordTable: &dEmbeddings.word_VE, a.head,
            into: &a.encoder.gradient_TH, batch: batch)
        encoder.backward(
            p.encoder, embeddings: embeddings, adding: d.encoder, addingEmbeddings: dEmbeddings, a.encoder,
            ids: batch.maskedIds, batch: batch)
    }
}
