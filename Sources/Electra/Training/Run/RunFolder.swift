import ElectraSupport

/// RUN: run.json, metrics.jsonl and checkpoints/.
public struct RunFolder: Sendable {
    public let path: String

    public init(_ path: String) {
        self.path = path
    }

    package var configurationPath: String { "\(path)/\(runFileName)" }
    package var checkpoints: CheckpointFolder { CheckpointFolder(run: path) }
    package var metrics: MetricsLog { MetricsLog(path: "\(path)/metrics.jsonl") }
    package var evaluations: EvaluationLog { EvaluationLog(path: "\(path)/evaluations.jsonl") }

    /// Whether a run was started here before.
    package var exists: Bool { FileAccess.kind(of: configurationPath) == .file }
}
