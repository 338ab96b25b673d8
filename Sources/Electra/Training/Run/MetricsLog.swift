package import ElectraSupport

/// RUN/metrics.jsonl: one JSON object a line, appended by rank 0.
package struct MetricsLog {
    package struct Entry {
        package var step: Int
        /// "train", or "held_out".
        package var split: String
        package var metrics: Metrics
        /// Of the last step; nil for held-out lines.
        package var gradientNorm: Double?
        package var learningRate: Double?
        package var account: TrainingAccount?
        package var communication: CommunicationReport?
        /// NaN (null in the file) before the first training line.
        package var tokensPerSecond: Double
        /// Since this process started to train.
        package var seconds: Double

        package init(
            step: Int, split: String, metrics: Metrics, gradientNorm: Double? = nil, learningRate: Double? = nil,
            account: TrainingAccount? = nil, communication: CommunicationReport? = nil, tokensPerSecond: Double,
            seconds: Double
        ) {
            self.step = step
            self.split = split
            self.metrics = metrics
            self.gradientNorm = gradientNorm
            self.learningRate = learningRate
            self.account = account
            self.communication = communication
            self.tokensPerSecond = tokensPerSecond
            self.seconds = seconds
        }

        package var json: String {
            let training: [(name: String, value: Double?)] = [
                ("gradient_norm", gradientNorm), ("learning_rate", learningRate),
                ("tokens_per_second", tokensPerSecond), ("seconds", seconds),
            ]
            let costs =
                account.map { [("seen_tokens", JSON.integer($0.tokens)), ("training_flops", .integer($0.operations))] }
                ?? []
            let fields =
                metrics.named.map { (key: $0.name, value: JSON.rounded($0.value)) }
                + costs.map { (key: $0, value: $1) }
                + training.compactMap { field in field.value.map { (key: field.name, value: .rounded($0)) } }
                + (communication?.fields ?? [])
            return JSON.object([(key: "step", value: .integer(step)), (key: "split", value: .text(split))] + fields)
                .compact + "\n"
        }
    }

    package let path: String

    /// After a crash the log may be ahead of the checkpoint: lines of steps that will be done again go, and a last line that
    /// was cut short. Other lines that are none of ours stay; returns how many there are.
    package func truncate(afterStep step: Int) throws(Failure) -> Int {
        if FileAccess.kind(of: path, followingLinks: false) == .missing { return 0 }
        let remedy = "check the run folder"
        try FileAccess.checkIsPlain(path)
        let bytes = try FileAccess.contents(of: path, remedy: remedy, limit: .max)
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // Behind the last line break: nothing, or what was cut short.
        lines.removeLast()
        var unknown = 0
        let kept = lines.filter { line in
            guard let found = Self.step(of: line) else {
                unknown += 1
                return true
            }
            return found <= step
        }
        if kept.count < lines.count || bytes.last != UInt8(ascii: "\n") {
            try FileAccess.write(Array(kept.map { $0 + [UInt8(ascii: "\n")] }.joined()), to: path)
        }
        return unknown
    }

    package func append(_ entry: Entry) throws(Failure) {
        try FileAccess.append(line: entry.json, to: path)
    }

    /// Before a checkpoint: its lines will not be written again.
    package func synchronize() { FileAccess.synchronize(path) }

    /// The last line that a held-out evaluation wrote, up to a step.
    package func lastHeldOut(upTo step: Int = .max) -> (step: Int, metrics: Metrics)? {
        guard let bytes = try? FileAccess.contents(of: path, remedy: "") else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        for line in lines.reversed() where line.contains("\"held_out\"") {
            let values = try? JSON(parsing: line.utf8)
            if let values, let found = values["step"]?.integer, found <= step { return (found, Metrics(named: values)) }
        }
        return nil
    }

    private static func step(of line: ArraySlice<UInt8>) -> Int? {
        (try? JSON(parsing: line))?["step"]?.integer
    }
}

extension CommunicationReport {
    /// As they stand in metrics and in the benchmark's report.
    package var fields: [(key: String, value: JSON)] {
        [
            ("communication_seconds", .rounded(seconds)), ("hidden_seconds", .rounded(hiddenSeconds)),
            ("sent_bytes", .integer(bytesSent)),
            ("link_bytes", .integer(bytesBetweenHosts)), ("slowest_rank", .integer(slowestRank)),
            ("slowest_rank_lag", .rounded(slowestLag)),
        ]
    }
}
