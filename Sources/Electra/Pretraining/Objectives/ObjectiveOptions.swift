import ElectraKernels
package import ElectraTraining

/// Choices of the joint loss (docs/algorithm.md 5, 7).
package struct ObjectiveOptions: Sendable, Equatable {
    package var generatorWeight: Float = 1
    package var discriminatorWeight: Float = 50
    package var temperature: Float = 1
    package var disallowsCorrect = false
    package var hasUniformGenerator = false

    package static let fields: [ConfigurationField<Self>] = [
        .init("generator_weight", \.generatorWeight, .notNegative, "weight of the MLM loss"),
        .init(
            "discriminator_weight", \.discriminatorWeight, .notNegative, "weight of the RTD loss (lambda of the paper)"),
        .init(
            "temperature", \.temperature, Limits("above 0, and its inverse in a Float") { $0 > 0 && (1 / $0).isFinite },
            "replacements are sampled from softmax(logits / temperature)"),
        .init("disallow_correct", \.disallowsCorrect, "never sample the original token"),
        .init(
            "uniform_generator", \.hasUniformGenerator, "replacements are uniform, there is no generator network"),
    ]

    var losses: [LossTerm] {
        [
            LossTerm(name: "MLM", weight: generatorWeight, metric: "mlm_loss", accuracy: "masked_lm_accuracy"),
            LossTerm(
                name: "RTD", weight: discriminatorWeight, metric: "disc_loss", accuracy: "disc_accuracy", digits: 4),
        ]
    }
}

/// Shares of numbers that dropout leaves out in training.
package struct DropoutRates: Sendable, Equatable {
    package var hidden: Float = 0.1
    package var attention: Float = 0.1

    package static let fields: [ConfigurationField<Self>] = [
        .init("hidden_dropout", \.hidden, rate, "dropout of embeddings, attention and feed-forward outputs"),
        .init("attention_dropout", \.attention, rate, "dropout of attention probabilities"),
    ]

    private static let rate = Limits<Float>("0 to below 0.999") { $0 >= 0 && $0 < 0.999 }

    /// Of network number `network` in a step; none where a step only measures.
    func source(network: Int, _ context: StepContext) -> DropoutSource {
        context.isTraining
            ? DropoutSource(
                network: network, hiddenRate: hidden, attentionRate: attention, seed: context.seed, step: context.step)
            : .off(network: network)
    }
}
