/// RUN: run.json, metrics.jsonl and checkpoints/.
public struct RunFolder: Sendable {
    public let path: String

    public init(_ path: String) {
        self.path = path
    }

    public var configurationPath: String { "\(path)/\(runFileName)" }
    public var checkpoints: CheckpointFolder { CheckpointFolder(run: path) }
    var metrics: MetricsLog { MetricsLog(path: "\(path)/metrics.jsonl") }
    var evaluations: EvaluationLog { EvaluationLog(path: "\(path)/evaluations.jsonl") }

    /// Whether a run was started here before.
    public var exists: Bool { FileAccess.kind(of: configurationPath) == .file }
}
