import ElectraKernels
import ElectraModel
import Glibc

/// What the generator expects the discriminator's loss R to be at each chosen position (the paper's appendix F):
///
///     b = -log sigmoid(a), a = w . generator's encoder output;    loss = binary cross-entropy of sigmoid(a) and exp(-R)
///
/// w alone learns by it: no gradient goes on into the generator. M chosen positions, H the generator's hidden width.
enum RewardBaseline {
    /// Nothing of it is exported: no class of transformers has it.
    static let name = "baseline"

    final class Parameters {
        var weight: Tensor

        init(_ windows: inout ParameterWindows, of generator: Tower) {
            weight = windows.matrix(
                "\(generator.name).\(name).weight", outputs: 1, inputs: generator.sizes.hidden, .zeros)
        }
    }

    final class Activations {
        var chosen_MH: Tensor
        /// The logits a; the loss turns them into their gradient.
        var logits_M: Tensor

        init(_ generator: Tower, masked: Int, arena: Arena) {
            chosen_MH = arena.tensor(rows: masked, columns: generator.sizes.hidden)
            logits_M = arena.tensor(rows: masked, columns: 1)
        }

        /// b, as long as the loss has not been asked for.
        func expectedReward(_ index: Int) -> Double {
            BinaryCrossEntropy.loss(logit: logits_M.base[index], isPositive: true)
        }

        func loss(_ index: Int, reward: Double, gradientScale: Double) -> Double {
            let logit = logits_M.base[index]
            // The probability that the discriminator gave to the truth.
            let truth = exp(-reward)
            let expected = Double(BinaryCrossEntropy.gradient(logit: logit, isPositive: false))
            logits_M.base[index] = Float(gradientScale * (expected - truth))
            return truth * BinaryCrossEntropy.loss(logit: logit, isPositive: true)
                + (1 - truth) * BinaryCrossEntropy.loss(logit: logit, isPositive: false)
        }
    }

    static func forward(
        _ p: Parameters, _ a: Activations, encoded_TH: borrowing Tensor, at chosen: MaskedTokenHead.ChosenRows
    ) {
        RowSelection.gather(into: &a.chosen_MH, from: encoded_TH, rows: chosen.rows, count: chosen.count)
        Linear.forward(into: &a.logits_M, x: a.chosen_MH, rows: chosen.count, weight: p.weight)
    }

    /// `a.logits_M` holds the gradient of the logits.
    static func backward(adding d: Parameters, _ a: Activations, rows: Int) {
        Linear.backward(addingWeight: &d.weight, dy: a.logits_M, x: a.chosen_MH, rows: rows)
    }

    /// Forward, and for its weight.
    static func operations(of generator: Tower, masked: Int) -> Int { 2 * 2 * masked * generator.sizes.hidden }
}
