package import Collectives
import ElectraSupport

/// How a run is computed and kept. None of it touches the bits, so all of it may change while the run goes on.
package struct Housekeeping: Sendable, Equatable {
    package var threads = 1
    package var saveEvery = 1000
    package var evaluateEvery = 1000
    package var evaluationSequences = 2048
    package var logEvery = 10
    package var keep = 5
    package var onNonfinite = NonfinitePolicy.stop
    package var saveAtTokens = TokenMarks()
    package var stepTimeout = 600

    package static let fields: [ConfigurationField<Self>] = [
        .init("threads", \.threads, threadRange, mayChange: true, "lanes of each rank"),
        .init("save_every", \.saveEvery, 1...1 << 30, mayChange: true, "steps between checkpoints"),
        .init(
            "evaluate_every", \.evaluateEvery, 0...1 << 30, mayChange: true,
            "steps between held-out evaluations; 0 for none"),
        .init(
            "evaluation_sequences", \.evaluationSequences, 0...1 << 30, mayChange: true,
            "held-out sequences used, at most"),
        .init("log_every", \.logEvery, 1...1 << 30, mayChange: true, "steps between lines of metrics"),
        .init("keep", \.keep, 0...1 << 30, mayChange: true, "checkpoints kept; 0 for all"),
        .init(
            "save_at_tokens", \.saveAtTokens, mayChange: true,
            "tokens seen at which a checkpoint is made that is always kept: numbers with commas, 1e6,2e6,5e6; nothing for none"
        ),
        .init(
            "step_timeout", \.stepTimeout, 0...1 << 30, mayChange: true,
            "seconds without a word from another rank, or as long as twenty steps if that is more, after which it is taken for gone and the run ends; 0 for never"
        ),
        .init(
            "on_nonfinite", \.onNonfinite, mayChange: true,
            "stop at a step with a loss or gradient that is no number, or skip it where some of its sequences are the reason"
        ),
    ]

    /// From now on; all ranks call it together.
    package func limitPatience(among communicator: Communicator) throws(MPIError) {
        if stepTimeout > 0 { try Patience.limit(to: Double(stepTimeout) * 2 / 3, among: communicator) }
    }

    /// What `--threads` may be, in every command.
    package static let threadRange = 1...1024

    package init() {}
}

/// What a run does with a step whose loss or gradient is no number.
package enum NonfinitePolicy: String, Sendable, CaseIterable {
    case stop, skip
}
