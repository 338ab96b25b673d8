import ElectraKernels
import ElectraTraining

/// Choices of the joint loss (docs/algorithm.md 5, 7).
package struct ObjectiveOptions: Sendable, Equatable {
    var generatorWeight: Float = 1
    var discriminatorWeight: Float = 50
    /// Samples are drawn from softmax(logits / temperature).
    var temperature: Float = 1
    /// Never sample the original token.
    var disallowsCorrect = false

    var losses: [LossTerm] {
        [
            LossTerm(name: "MLM", weight: generatorWeight, metric: "mlm_loss", accuracy: "masked_lm_accuracy"),
            LossTerm(
                name: "RTD", weight: discriminatorWeight, metric: "disc_loss", accuracy: "disc_accuracy", digits: 4),
        ]
    }
}

/// Shares of numbers that dropout leaves out in training.
struct DropoutRates: Sendable, Equatable {
    var hidden: Float
    var attention: Float

    /// Of network number `network` in a step; none where a step only measures.
    func source(network: Int, _ context: StepContext) -> DropoutSource {
        context.isTraining
            ? DropoutSource(
                network: network, hiddenRate: hidden, attentionRate: attention, seed: context.seed, step: context.step)
            : .off(network: network)
    }
}
