package import ElectraKernels

/// The network that is kept: sees the text with the generator's guesses in it, tells at every position whether the
/// token was replaced.
package struct Discriminator: Sendable {
    package final class Parameters {
        package let tower: Tower.Parameters
        package let head: ReplacedTokenHead.Parameters

        package init(tower: Tower.Parameters, head: ReplacedTokenHead.Parameters) {
            self.tower = tower
            self.head = head
        }
    }

    package final class Activations {
        package let tower: Tower.Activations
        package let head: ReplacedTokenHead.Activations

        package init(_ discriminator: Discriminator, tokens: Int, maximumLength: Int, arena: Arena) {
            let sizes = discriminator.tower.sizes
            tower = Tower.Activations(sizes, tokens: tokens, maximumLength: maximumLength, arena: arena)
            head = ReplacedTokenHead.Activations(sizes, tokens: tokens, arena: arena)
        }
    }

    package let tower: Tower

    package init(tower: Tower) {
        self.tower = tower
    }

    /// One logit for every token: positive where it looks replaced.
    package func forward(
        _ p: Parameters, _ a: Activations, ids: UnsafePointer<Int32>, batch: SequenceBatch, dropout: DropoutSource
    ) {
        tower.forward(p.tower, a.tower, ids: ids, batch: batch, dropout: dropout)
        ReplacedTokenHead.forward(p.head, a.head, encoded_TH: a.tower.last.output_TH, rows: batch.tokenCount)
    }

    /// `a.head.logits_T` holds the gradient of the logits.
    package func backward(
        _ p: Parameters, adding d: Parameters, _ a: Activations, ids: UnsafePointer<Int32>, batch: SequenceBatch
    ) {
        ReplacedTokenHead.backward(
            p.head, adding: d.head, a.head, encoded_TH: a.tower.last.output_TH, into: &a.tower.gradient_TH,
            rows: batch.tokenCount)
        tower.backward(p.tower, adding: d.tower, a.tower, ids: ids, batch: batch)
    }
}
