/// The generator's head, at the chosen positions only:
///
///     hidden = LayerNorm(gelu(dense(encoder output)));    logits = hidden word_table^T + bias
///
/// The word table is that of the embeddings (docs/algorithm.md 6). M chosen positions, E embedding width, V vocabulary.
struct MaskedTokenHead {
    final class Parameters {
        var denseWeight: Tensor
        var denseBias: Tensor
        var norm: LayerNorm.Parameters
        var vocabularyBias: Tensor

        init(_ windows: inout ParameterWindows, _ sizes: EncoderSizes, vocabulary: Int, initializerRange: Float) {
            denseWeight = windows.matrix(
                "generator.generator_predictions.dense.weight", outputs: sizes.embedding, inputs: sizes.hidden,
                .truncatedNormal(deviation: initializerRange))
            denseBias = windows.vector("generator.generator_predictions.dense.bias", size: sizes.embedding)
            norm = windows.layerNorm("generator.generator_predictions.LayerNorm", size: sizes.embedding)
            vocabularyBias = windows.vector("generator.generator_lm_head.bias", size: vocabulary)
        }
    }

    final class Activations {
        var gathered_MH: Tensor
        var dense_ME: Tensor
        var hidden_ME: Tensor
        var norm: LayerNorm.Saved
        /// The logits; the loss turns them into their gradient in place.
        var logits_MV: Tensor
        var gradient_ME: Tensor
        var gradient_MH: Tensor

        init(_ sizes: EncoderSizes, vocabulary: Int, masked: Int, arena: Arena) {
            gathered_MH = arena.operand(rows: masked, columns: sizes.hidden)
            dense_ME = arena.tensor(rows: masked, columns: sizes.embedding)
            hidden_ME = arena.operand(rows: masked, columns: sizes.embedding)
            norm = LayerNorm.Saved(
                normalized: arena.tensor(rows: masked, columns: sizes.embedding),
                inverseDeviation: arena.tensor(rows: masked, columns: 1))
            logits_MV = arena.operand(rows: masked, columns: vocabulary)
            gradient_ME = arena.operand(rows: masked, columns: sizes.embedding)
            gradient_MH = arena.tensor(rows: masked, columns: sizes.hidden)
        }
    }

    static func forward(
        _ p: Parameters, wordTable: borrowing Tensor, _ a: Activations, encoded_TH: borrowing Tensor, batch: MicroBatch
    ) {
        let M = batch.maskedCount
        RowSelection.gather(into: &a.gathered_MH, from: encoded_TH, rows: batch.maskedRows, count: M)
        Linear.forward(into: &a.dense_ME, x: a.gathered_MH, rows: M, weight: p.denseWeight)
        GELU.forward(into: &a.hidden_ME, x: a.dense_ME, bias: p.denseBias, rows: M)
        LayerNorm.forward(inPlace: &a.hidden_ME, saving: &a.norm, rows: M, p.norm)
        Linear.forward(
            into: &a.logits_MV, x: a.hidden_ME, rows: M, weight: wordTable, bias: p.vocabularyBias,
            as: .vocabularyProduct)
    }

    /// `a.logits_MV` holds the gradient of the logits. Overwrites `gradient_TH`, the gradient of the encoder's output.
    static func backward(
        _ p: Parameters, wordTable: borrowing Tensor, adding d: Parameters, addingWordTable dWordTable: inout Tensor,
        _ a: Activations, into gradient_TH: inout Tensor, batch: MicroBatch
    ) {
        let M = batch.maskedCount
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
        Linear.backward(into: &a.gradient_MH, dy: a.gradient_ME, rows: M, weight: p.denseWeight)
        gradient_TH.fill(0, rows: batch.tokenCount)
        RowSelection.scatter(adding: &gradient_TH, from: a.gradient_MH, rows: batch.maskedRows, count: M)
    }
}
