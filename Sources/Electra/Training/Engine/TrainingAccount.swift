/// What a run has cost since its start, over all ranks: the same on any number of them.
package struct TrainingAccount: Codable, Sendable, Equatable {
    /// Trained on, as often as they were seen.
    package var tokens = 0
    /// Multiplications and additions of matrix products, forward and backward.
    package var operations = 0

    private enum CodingKeys: String, CodingKey {
        case tokens = "seen_tokens"
        case operations = "training_flops"
    }

    package init() {}

    package mutating func add(_ result: StepResult) {
        tokens += result.tokens
        operations += result.operations
    }
}
