package import ElectraKernels

/// Sees masked text, predicts what stood at the masked positions: the generator, or BERT's kind of network.
package struct MaskedLanguageModel: Sendable {
    package final class Parameters {
        package let tower: Tower.Parameters
        package let head: MaskedTokenHead.Parameters

        package init(tower: Tower.Parameters, head: MaskedTokenHead.Parameters) {
            self.tower = tower
            self.head = head
        }

        /// Of one that stands alone.
        package convenience init(_ windows: inout ParameterWindows, of tower: Tower) {
            let layers = Tower.Layers(&windows, of: tower)
            let head = MaskedTokenHead.Parameters(&windows, of: tower)
            let embeddings = Embeddings.Parameters(&windows, of: tower)
            self.init(tower: Tower.Parameters(embeddings: embeddings, layers: layers), head: head)
        }
    }

    package final class Activations {
        package let tower: Tower.Activations
        package let head: MaskedTokenHead.Activations

        package init(_ model: MaskedLanguageModel, tokens: Int, masked: Int, maximumLength: Int, arena: Arena) {
            tower = Tower.Activations(
                model.tower.sizes, tokens: tokens, maximumLength: maximumLength, arena: arena)
            head = MaskedTokenHead.Activations(model.tower, masked: masked, arena: arena)
        }
    }

    package let tower: Tower

    package init(tower: Tower) {
        self.tower = tower
    }

    /// Logits over the vocabulary at the chosen positions.
    package func forward(
        _ p: Parameters, _ a: Activations, ids: UnsafePointer<Int32>, at chosen: MaskedTokenHead.ChosenRows,
        batch: SequenceBatch, dropout: DropoutSource
    ) {
        tower.forward(p.tower, a.tower, ids: ids, batch: batch, dropout: dropout)
        MaskedTokenHead.forward(
            p.head, wordTable: p.tower.embeddings.word_VE, a.head, encoded_TH: a.tower.last.output_TH, at: chosen)
    }

    /// `a.head.logits_MV` holds the gradient of the logits. `otherHeads` add to `a.tower.gradient_TH`, that of the tower's
    /// output.
    package func backward(
        _ p: Parameters, adding d: Parameters, _ a: Activations, ids: UnsafePointer<Int32>,
        at chosen: MaskedTokenHead.ChosenRows, batch: SequenceBatch, otherHeads: () -> Void = {}
    ) {
        MaskedTokenHead.backward(
            p.head, wordTable: p.tower.embeddings.word_VE, adding: d.head,
            addingWordTable: &d.tower.embeddings.word_VE, a.head, into: &a.tower.gradient_TH, at: chosen,
            of: batch.tokenCount)
        otherHeads()
        tower.backward(p.tower, adding: d.tower, a.tower, ids: ids, batch: batch)
    }
}
