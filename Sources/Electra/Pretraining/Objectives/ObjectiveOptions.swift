package import ElectraTraining

/// What a run learns (docs/objectives.md).
package enum ObjectiveName: String, CaseIterable, Sendable {
    case electra, mlm
    case electraMaskedOnly = "electra_masked_only"
    case replaceMLM = "replace_mlm"
    case allTokensMLM = "all_tokens_mlm"
    case twoStage = "two_stage"
    case adversarial

    /// Whether a discriminator is what is kept.
    var hasDiscriminator: Bool { ![.mlm, .replaceMLM, .allTokensMLM].contains(self) }
}

/// Choices of the objective (docs/algorithm.md 5, 7).
package struct ObjectiveOptions: Sendable, Equatable {
    package var name = ObjectiveName.electra
    package var generatorWeight: Float = 1
    package var discriminatorWeight: Float = 50
    package var temperature: Float = 1
    /// At the last step; 0 for no change.
    package var temperatureAtEnd: Float = 0
    package var disallowsCorrect = false
    package var hasUniformGenerator = false
    package var freezesGenerator = false
    /// Of the run.
    var steps = 1

    package static let fields: [ConfigurationField<Self>] = [
        .init(
            "objective", \.name,
            "what is learnt: electra; mlm, one network that predicts masked tokens, as BERT; or what stands between them in the "
                + "paper: electra_masked_only, replace_mlm, all_tokens_mlm, two_stage, adversarial (docs/objectives.md)"
        ),
        .init("generator_weight", \.generatorWeight, .notNegative, "weight of the MLM loss"),
        .init(
            "discriminator_weight", \.discriminatorWeight, .notNegative, "weight of the RTD loss (lambda of the paper)"),
        .init(
            "temperature", \.temperature, Limits("above 0, and its inverse in a Float") { $0 > 0 && (1 / $0).isFinite },
            "replacements are sampled from softmax(logits / temperature)"),
        .init(
            "temperature_end", \.temperatureAtEnd,
            Limits("0, or above that with its inverse in a Float") { $0 == 0 || $0 > 0 && (1 / $0).isFinite },
            "what the temperature changes to, evenly, until the last step; 0 for no change"),
        .init("disallow_correct", \.disallowsCorrect, "never sample the original token"),
        .init(
            "uniform_generator", \.hasUniformGenerator, "replacements are uniform, there is no generator network"),
        .init(
            "freeze_generator", \.freezesGenerator,
            "the generator, named with --from-generator, stays as it is; with embeddings of its own"),
    ]

    func temperature(at step: Int) -> Float {
        guard temperatureAtEnd > 0 else { return temperature }
        let share = Float(min(step, steps)) / Float(max(steps, 1))
        return temperature + share * (temperatureAtEnd - temperature)
    }

    var generatorLoss: LossTerm {
        LossTerm(name: "MLM", weight: generatorWeight, metric: "mlm_loss", accuracy: "masked_lm_accuracy")
    }

    var losses: [LossTerm] {
        [
            generatorLoss,
            LossTerm(
                name: "RTD", weight: discriminatorWeight, metric: "disc_loss", accuracy: "disc_accuracy", digits: 4),
        ]
    }
}
