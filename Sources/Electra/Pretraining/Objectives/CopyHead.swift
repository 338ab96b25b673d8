import ElectraKernels
import ElectraModel
import ElectraTraining

/// At every token: does what stands in the text stand there rightly? And the loss of the mixture that follows:
///
///     c = w . encoder output + b;    D = sigmoid(c)
///     p(token) = D [token stands there] + (1 - D) softmax(z)[token];    loss = -log p(original)
///
/// With r = (1 - D) softmax(z)[original] / p(original), the share that the softmax has in it:
///
///     dz = r (softmax(z) - onehot(original));    dc = D - (1 - r)
///
/// T tokens of the micro-batch, H hidden.
enum CopyHead {
    /// Nothing of it is exported: no class of transformers has it.
    static let name = "copy"

    final class Parameters {
        var weight: Tensor
        var bias: Tensor

        init(_ windows: inout ParameterWindows, of tower: Tower) {
            weight = windows.matrix(
                "\(tower.name).\(name).weight", outputs: 1, inputs: tower.sizes.hidden, .glorotUniform)
            bias = windows.vector("\(tower.name).\(name).bias", size: 1)
        }
    }

    final class Activations {
        /// The logits c; the loss turns them into their gradient in place.
        var logits_T: Tensor

        init(tokens: Int, arena: Arena) { logits_T = arena.tensor(rows: tokens, columns: 1) }
    }

    /// `model.head.logits_MV`, of every token, turns from logits into the gradient of the weighted loss.
    static func forward(
        _ p: Parameters, _ a: Activations, _ model: MaskedLanguageModel.Activations, _ batch: MaskedBatch,
        _ loss: LossTerm, _ context: StepContext, adding sums: TaskSums
    ) {
        let T = batch.sequences.tokenCount
        Linear.forward(
            into: &a.logits_T, x: model.tower.last.output_TH.inFloat, rows: T, weight: p.weight, bias: p.bias)
        let vocabulary = model.head.logits_MV.columns
        let gradientScale = loss.weight / Float(context.denominators[1])
        for token in 0..<T {
            let row = model.head.logits_MV.base + token * vocabulary
            let (original, shown) = (batch.sequences.ids[token], batch.corruptedIds[token])
            let prediction = VocabularySoftmax.prediction(row: row, count: vocabulary)
            let mixture = VocabularySoftmax.mixtureCrossEntropy(
                row: row, count: vocabulary, prediction: prediction, target: original, shown: shown,
                copyLogit: a.logits_T.base[token], gradientScale: gradientScale)
            sums.losses[1] += mixture.loss
            a.logits_T.base[token] = gradientScale * mixture.copyGradient
            if batch.isChosen[token] {
                MainPrediction.guesses.count(isCorrect: mixture.token == original, in: sums)
            }
        }
    }

    static func operations(tokens: Int, of tower: Tower) -> Int { 2 * tokens * tower.sizes.hidden }

    /// `a.logits_T` holds the gradient of the logits.
    static func backward(
        _ p: Parameters, adding d: Parameters, _ a: Activations, encoded_TH: borrowing Tensor,
        adding gradient_TH: inout Tensor, rows: Int
    ) {
        Linear.backward(
            addingWeight: &d.weight, addingBias: &d.bias, dy: a.logits_T, x: encoded_TH.inFloat, rows: rows)
        Linear.backward(adding: &gradient_TH, dy: a.logits_T, rows: rows, weight: p.weight)
    }
}
