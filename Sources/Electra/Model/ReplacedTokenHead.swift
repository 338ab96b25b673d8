package import ElectraKernels

/// The discriminator's head, at every position: logit = w . gelu(dense(encoder output)) + b  (docs/algorithm.md 6).
///
/// T tokens of the micro-batch, H hidden.
package enum ReplacedTokenHead {
    package final class Parameters {
        var denseWeight: Tensor
        var denseBias: Tensor
        var predictionWeight: Tensor
        var predictionBias: Tensor
        let passage: Passage

        package init(_ windows: inout ParameterWindows, of tower: Tower) {
            let start = windows.count
            let prefix = "\(tower.name).discriminator_predictions"
            let hidden = tower.sizes.hidden
            denseWeight = windows.matrix(
                "\(prefix).dense.weight", outputs: hidden, inputs: hidden,
                .truncatedNormal(deviation: tower.initializerRange))
            denseBias = windows.vector("\(prefix).dense.bias", size: hidden)
            predictionWeight = windows.matrix(
                "\(prefix).dense_prediction.weight", outputs: 1, inputs: hidden, .glorotUniform)
            predictionBias = windows.vector("\(prefix).dense_prediction.bias", size: 1)
            passage = windows.passage(from: start, of: tower.name)
        }
    }

    package final class Activations {
        var dense_TH: Tensor
        var activated_TH: Tensor
        /// The logits; the loss turns them into their gradient in place.
        package var logits_T: Tensor
        var gradient_TH: Tensor

        package init(_ sizes: EncoderSizes, tokens: Int, arena: Arena) {
            dense_TH = arena.tensor(rows: tokens, columns: sizes.hidden)
            activated_TH = arena.tensor(rows: tokens, columns: sizes.hidden)
            logits_T = arena.tensor(rows: tokens, columns: 1)
            gradient_TH = arena.operand(rows: tokens, columns: sizes.hidden)
        }
    }

    package static func forward(_ p: Parameters, _ a: Activations, encoded_TH: borrowing Tensor, rows: Int) {
        p.passage.visit()
        Linear.forward(into: &a.dense_TH, x: encoded_TH, rows: rows, weight: p.denseWeight)
        GELU.forward(into: &a.activated_TH, x: a.dense_TH, bias: p.denseBias, rows: rows)
        Linear.forward(
            into: &a.logits_T, x: a.activated_TH, rows: rows, weight: p.predictionWeight, bias: p.predictionBias)
    }

    /// `a.logits_T` holds the gradient of the logits. Overwrites `gradient_TH`, the gradient of the encoder's output.
    package static func backward(
        _ p: Parameters, adding d: Parameters, _ a: Activations, encoded_TH: borrowing Tensor,
        into gradient_TH: inout Tensor, rows: Int
    ) {
        Linear.backward(
            addingWeight: &d.predictionWeight, addingBias: &d.predictionBias, dy: a.logits_T, x: a.activated_TH,
            rows: rows)
        Linear.backward(into: &a.gradient_TH, dy: a.logits_T, rows: rows, weight: p.predictionWeight)
        GELU.backward(
            &a.gradient_TH, recomputing: &a.activated_TH, addingBias: &d.denseBias, x: a.dense_TH, bias: p.denseBias,
            rows: rows)
        Linear.backward(addingWeight: &d.denseWeight, dy: a.gradient_TH, x: encoded_TH, rows: rows)
        d.passage.visit()
        Linear.backward(into: &gradient_TH, dy: a.gradient_TH, rows: rows, weight: p.denseWeight)
    }
}
