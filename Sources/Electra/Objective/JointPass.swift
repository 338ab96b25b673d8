/// Both networks, their objective, and the sizes behind them.
struct Networks: Sendable {
    let model: ModelConfiguration
    let generator: Generator
    let discriminator: Discriminator
    let options: ObjectiveOptions
    let hiddenDropout: Float
    let attentionDropout: Float
    let precision: ProductPrecision

    init(
        _ model: ModelConfiguration, options: ObjectiveOptions, hiddenDropout: Float, attentionDropout: Float,
        precision: ProductPrecision = .f32
    ) {
        self.model = model
        self.precision = precision
        generator = Generator(encoder: Encoder(sizes: model.generator))
        discriminator = Discriminator(encoder: Encoder(sizes: model.discriminator))
        self.options = options
        self.hiddenDropout = hiddenDropout
        self.attentionDropout = attentionDropout
    }

    func dropout(seed: UInt64, step: Int) -> PairOfDropouts {
        PairOfDropouts(
            generator: DropoutSource(
                network: 0, hiddenRate: hiddenDropout, attentionRate: attentionDropout, seed: seed, step: step),
            discriminator: DropoutSource(
                network: 1, hiddenRate: hiddenDropout, attentionRate: attentionDropout, seed: seed, step: step))
    }
}

struct PairOfDropouts: Sendable {
    let generator: DropoutSource
    let discriminator: DropoutSource

    static var off: PairOfDropouts { PairOfDropouts(generator: .off(network: 0), discriminator: .off(network: 1)) }
}

/// One micro-batch through both networks (docs/algorithm.md 5-7):
///
///     masked text -> generator -> MLM loss, samples -> corrupted text -> discriminator -> RTD loss
///
/// and back. Sampling passes no gradient, so the two backward passes meet in the shared embeddings only.
struct JointPass {
    final class Activations {
        let generator: Generator.Activations?
        let discriminator: Discriminator.Activations

        init(_ model: ModelConfiguration, tokens: Int, masked: Int, maximumLength: Int, arena: Arena) {
            generator =
                model.hasGenerator
                ? Generator.Activations(
                    model, tokens: tokens, masked: masked, maximumLength: maximumLength, arena: arena)
                : nil
            discriminator = Discriminator.Activations(
                model, tokens: tokens, maximumLength: maximumLength, arena: arena)
        }
    }

    let networks: Networks
    let parameters: ElectraParameters
    let activations: Activations
    let batch: MicroBatch
    let dropout: PairOfDropouts
    let counts: GlobalCounts

    func forward(adding sums: inout ObjectiveSums) {
        replaceMaskedTokens(adding: &sums)
        detectReplacedTokens(adding: &sums)
    }

    /// The generator's part: the MLM loss (whose gradient stays in the logits), and its samples put into the batch.
    func replaceMaskedTokens(adding sums: inout ObjectiveSums) {
        if let p = parameters.generator, let a = activations.generator {
            networks.generator.forward(
                p, embeddings: parameters.generatorEmbeddings, a, batch: batch, dropout: dropout.generator)
            SampledReplacement.run(a.head, batch: batch, options: networks.options, counts: counts, adding: &sums)
        } else {
            SampledReplacement.runUniform(
                vocabulary: networks.model.vocabulary, batch: batch, options: networks.options, adding: &sums)
        }
    }

    /// The discriminator's part: the RTD loss (whose gradient stays in the logits).
    func detectReplacedTokens(adding sums: inout ObjectiveSums) {
        networks.discriminator.forward(
            parameters.discriminator, embeddings: parameters.embeddings, activations.discriminator, batch: batch,
            dropout: dropout.discriminator)
        ReplacedTokenDetection.run(
            activations.discriminator.head, batch: batch, options: networks.options, counts: counts, adding: &sums)
    }

    func backward(adding gradients: ElectraParameters) {
        networks.discriminator.backward(
            parameters.discriminator, embeddings: parameters.embeddings, adding: gradients.discriminator,
            addingEmbeddings: gradients.embeddings, activations.discriminator, batch: batch)
        if let p = parameters.generator, let d = gradients.generator, let a = activations.generator {
            networks.generator.backward(
                p, embeddings: parameters.generatorEmbeddings, adding: d,
                addingEmbeddings: gradients.generatorEmbeddings, a, batch: batch)
        }
    }
}
