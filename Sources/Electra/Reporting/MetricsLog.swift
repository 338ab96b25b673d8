import Foundation

/// RUN/metrics.jsonl: one JSON object a line, appended by rank 0.
struct MetricsLog {
    struct Entry {
        var step: Int
        /// "train", or "held_out".
        var split: String
        var metrics: Metrics
        /// Of the last step; nil for held-out lines.
        var gradientNorm: Double?
        var learningRate: Double?
        /// NaN (null in the file) before the first training line.
        var tokensPerSecond: Double
        /// Since this process started to train.
        var seconds: Double

        var json: String {
            let training: [(name: String, value: Double?)] = [
                ("gradient_norm", gradientNorm), ("learning_rate", learningRate),
                ("tokens_per_second", tokensPerSecond), ("seconds", seconds),
            ]
            let fields = metrics.named + training.compactMap { field in field.value.map { (field.name, $0) } }
            let values = fields.map { "\"\($0.name)\": \(Self.number($0.value))" }
            return "{\"step\": \(step), \"split\": \"\(split)\", " + values.joined(separator: ", ") + "}\n"
        }

        /// Seven significant digits are what a Float holds. JSON has no infinity, and no NaN.
        private static func number(_ value: Double) -> String {
            value.isFinite ? String(format: "%.7g", value) : "null"
        }
    }

    let path: String

    /// After a crash the log may be ahead of the checkpoint: lines of steps that will be done again go.
    func truncate(afterStep step: Int) throws(Failure) {
        guard FileAccess.kind(of: path) == .file else { return }
        let text = String(decoding: try FileAccess.contents(of: path, remedy: "check the run folder"), as: UTF8.self)
        let kept = text.split(separator: "\n", omittingEmptySubsequences: true).filter { line in
            Self.step(of: line).map { $0 <= step } ?? false
        }
        try FileAccess.write(Array(kept.map { $0 + "\n" }.joined().utf8), to: path)
    }

    func append(_ entry: Entry) throws(Failure) {
        guard let file = fopen(path, "a") else {
            throw .inputOutput("\(path): cannot be written (\(FileAccess.reason)); check permissions")
        }
        let written = fputs(entry.json, file)
        guard fclose(file) == 0, written >= 0 else {
            throw .inputOutput("\(path): cannot be written (\(FileAccess.reason)); check the space on the disk")
        }
    }

    /// Before a checkpoint: its lines will not be written again.
    func synchronize() { FileAccess.synchronize(path) }

    /// The last line that a held-out evaluation wrote, up to a step.
    func lastHeldOut(upTo step: Int = .max) -> (step: Int, metrics: Metrics)? {
        guard let bytes = try? FileAccess.contents(of: path, remedy: "") else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        for line in lines.reversed() where line.contains("\"held_out\"") {
            let values = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            if let values, let found = values["step"] as? Int, found <= step { return (found, Metrics(named: values)) }
        }
        return nil
    }

    private static func step(of line: Substring) -> Int? {
        let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return object?["step"] as? Int
    }
}
