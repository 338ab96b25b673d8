package import ElectraKernels

/// Predicts the vocabulary at chosen positions only:
///
///     hidden = LayerNorm(gelu(dense(encoder output)));    logits = hidden word_table^T + bias
///
/// The word table is that of the embeddings (docs/algorithm.md 6). M chosen positions, E embedding width, V vocabulary.
package enum MaskedTokenHead {
    /// M rows of a micro-batch, ascending; one may stand there twice.
    package struct ChosenRows {
        package let rows: UnsafePointer<Int32>
        package let count: Int

        package init(rows: UnsafePointer<Int32>, count: Int) {
            self.rows = rows
            self.count = count
        }
    }

    package final class Parameters {
        var denseWeight: Tensor
        var denseBias: Tensor
        package var norm: LayerNorm.Parameters
        var vocabularyBias: Tensor
        let passage: Passage

        package init(_ windows: inout ParameterWindows, of tower: Tower) {
            let start = windows.count
            let prefix = "\(tower.name).generator_predictions"
            let sizes = tower.sizes
            denseWeight = windows.matrix(
                "\(prefix).dense.weight", outputs: sizes.embedding, inputs: sizes.hidden,
                .truncatedNormal(deviation: tower.initializerRange))
            denseBias = windows.vector("\(prefix).dense.bias", size: sizes.embedding)
            norm = windows.layerNorm("\(prefix).LayerNorm", size: sizes.embedding)
            vocabularyBias = windows.vector("\(tower.name).generator_lm_head.bias", size: tower.rows.vocabulary)
            passage = windows.passage(from: start, of: tower.name)
        }
    }

    package final class Activations {
        var gathered_MH: Tensor
        var dense_ME: Tensor
        var hidden_ME: Tensor
        package var norm: LayerNorm.Saved
        /// The logits; the loss turns them into their gradient in place.
        package var logits_MV: Tensor
        var gradient_ME: Tensor
        var gradient_MH: Tensor

        package init(_ tower: Tower, masked: Int, arena: Arena) {
            let sizes = tower.sizes
            gathered_MH = arena.operand(rows: masked, columns: sizes.hidden)
            dense_ME = arena.tensor(rows: masked, columns: sizes.embedding)
            hidden_ME = arena.operand(rows: masked, columns: sizes.embedding)
            norm = LayerNorm.Saved(
                normalized: arena.tensor(rows: masked, columns: sizes.embedding),
                inverseDeviation: arena.tensor(rows: masked, columns: 1))
            logits_MV = arena.operand(rows: masked, columns: tower.rows.vocabulary)
            gradient_ME = arena.operand(rows: masked, columns: sizes.embedding)
            gradient_MH = arena.tensor(rows: masked, columns: sizes.hidden)
        }
    }

    package static func forward(
        _ p: Parameters, wordTable: borrowing Tensor, _ a: Activations, encoded_TH: borrowing Tensor,
        at chosen: ChosenRows
    ) {
        p.passage.visit()
        let M = chosen.count
        RowSelection.gather(into: &a.gathered_MH, from: encoded_TH, rows: chosen.rows, count: M)
        Linear.forward(into: &a.dense_ME, x: a.gathered_MH, rows: M, weight: p.denseWeight)
        GELU.forward(into: &a.hidden_ME, x: a.dense_ME, bias: p.denseBias, rows: M)
        LayerNorm.forward(inPlace: &a.hidden_ME, saving: &a.norm, rows: M, p.norm)
        Linear.forward(
            into: &a.logits_MV, x: a.hidden_ME, rows: M, weight: wordTable, bias: p.vocabularyBias,
            as: .vocabularyProduct)
    }

    /// `a.logits_MV` holds the gradient of the logits. Overwrites `gradient_TH`, the gradient of the encoder's output.
    package static func backward(
        _ p: Parameters, wordTable: borrowing Tensor, adding d: Parameters, addingWordTable dWordTable: inout Tensor,
        _ a: Activations, into gradient_TH: inout Tensor, at chosen: ChosenRows, of tokens: Int
    ) {
        let M = chosen.count
        a.logits_MV.round(rows: M)
        Linear.backward(
            addingWeight: &dWordTable, addingBias: &d.vocabularyBias, dy: a.logits_MV, x: a.hidden_ME, rows: M,
            as: .vocabularyProduct)
        Linear.backward(
            into: &a.gradient_ME, dy: a.logits_MV, rows: M, weight: wordTable, as: .vocabularyProduct)
        LayerNorm.backward(&a.gradient_ME, adding: &d.norm, saved: a.norm, rows: M, p.norm)
        GELU.backward(
            &a.gradient_ME, recomputing: &a.hidden_ME, addingBias: &d.denseBias, x: a.dense_ME, bias: p.denseBias,
            rows: M)
        Linear.backward(addingWeight: &d.denseWeight, dy: a.gradient_ME, x: a.gathered_MH, rows: M)
        d.passage.visit()
        Linear.backward(into: &a.gradient_MH, dy: a.gradient_ME, rows: M, weight: p.denseWeight)
        gradient_TH.fill(0, rows: tokens)
        RowSelection.scatter(adding: &gradient_TH, from: a.gradient_MH, rows: chosen.rows, count: M)
    }
}
