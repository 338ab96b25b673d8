/// Choices of the joint loss (docs/algorithm.md 5, 7).
struct ObjectiveOptions: Sendable, Equatable {
    var generatorWeight: Float = 1
    var discriminatorWeight: Float = 50
    /// Samples are drawn from softmax(logits / temperature).
    var temperature: Float = 1
    /// Never sample the original token.
    var disallowsCorrect = false
}

/// What the losses of a step are divided by: counts over the *global* batch, known before the backward pass, so that
/// the sum of the parts' gradients is the gradient of the whole (DESIGN, law 2).
struct GlobalCounts: Sendable, Equatable {
    var maskedTokens: Int
    var tokens: Int
}
