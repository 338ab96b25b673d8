package import ElectraKernels

/// Shares of numbers that dropout leaves out in training.
package struct DropoutRates: Sendable, Equatable {
    package var hidden: Float
    package var attention: Float

    package static let fields: [ConfigurationField<Self>] = [
        .init("hidden_dropout", \.hidden, rate, "dropout of embeddings, attention and feed-forward outputs"),
        .init("attention_dropout", \.attention, rate, "dropout of attention probabilities"),
    ]

    package init(hidden: Float = 0.1, attention: Float = 0.1) {
        self.hidden = hidden
        self.attention = attention
    }

    package static let rate = Limits<Float>("0 to below 0.999") { $0 >= 0 && $0 < 0.999 }

    /// Of network number `network` in a step; none where a step only measures.
    package func source(network: Int, _ context: StepContext) -> DropoutSource {
        context.isTraining
            ? DropoutSource(
                network: network, hiddenRate: hidden, attentionRate: attention, seed: context.seed, step: context.step)
            : .off(network: network)
    }
}
