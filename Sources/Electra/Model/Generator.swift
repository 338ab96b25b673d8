/// The small network: sees masked text, predicts what stood at the masked positions.
struct Generator: Sendable {
    final class Parameters {
        let tower: Tower.Parameters
        let head: MaskedTokenHead.Parameters

        init(tower: Tower.Parameters, head: MaskedTokenHead.Parameters) {
            self.tower = tower
            self.head = head
        }
    }

    final class Activations {
        let tower: Tower.Activations
        let head: MaskedTokenHead.Activations

        init(_ generator: Generator, tokens: Int, masked: Int, maximumLength: Int, arena: Arena) {
            tower = Tower.Activations(
                generator.tower.sizes, tokens: tokens, maximumLength: maximumLength, arena: arena)
            head = MaskedTokenHead.Activations(generator.tower, masked: masked, arena: arena)
        }
    }

    let tower: Tower

    /// Logits over the vocabulary at the chosen positions.
    func forward(
        _ p: Parameters, _ a: Activations, ids: UnsafePointer<Int32>, at chosen: MaskedTokenHead.ChosenRows,
        batch: SequenceBatch, dropout: DropoutSource
    ) {
        tower.forward(p.tower, a.tower, ids: ids, batch: batch, dropout: dropout)
        MaskedTokenHead.forward(
            p.head, wordTable: p.tower.embeddings.word_VE, a.head, encoded_TH: a.tower.last.output_TH, at: chosen)
    }

    /// `a.head.logits_MV` holds the gradient of the logits.
    func backward(
        _ p: Parameters, adding d: Parameters, _ a: Activations, ids: UnsafePointer<Int32>,
        at chosen: MaskedTokenHead.ChosenRows, batch: SequenceBatch
    ) {
        MaskedTokenHead.backward(
            p.head, wordTable: p.tower.embeddings.word_VE, adding: d.head,
            addingWordTable: &d.tower.embeddings.word_VE, a.head, into: &a.tower.gradient_TH, at: chosen,
            of: batch.tokenCount)
        tower.backward(p.tower, adding: d.tower, a.tower, ids: ids, batch: batch)
    }
}
