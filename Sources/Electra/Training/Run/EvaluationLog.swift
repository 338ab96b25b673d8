package import ElectraSupport

/// RUN/evaluations.jsonl: what `evaluate` measured, one JSON object a line. It is a file of its own, as metrics.jsonl belongs
/// to the process that trains, and holds what a run measures by itself whatever else is looked at.
package struct EvaluationLog {
    package struct Entry {
        package var step: Int
        /// Of the checkpoint's parameters.
        package var fingerprint: String
        /// The identity of the data set, and its text by name.
        package var data: String
        package var text: String
        package var sequences: Int
        package var metrics: Metrics

        package var json: String {
            let measured = metrics.named.map { (key: $0.name, value: JSON.number($0.value)) }
            return JSON.object(
                [
                    (key: "step", value: .integer(step)), (key: "fingerprint", value: .text(fingerprint)),
                    (key: "data", value: .text(data)), (key: "text", value: .text(text)),
                    (key: "sequences", value: .integer(sequences)),
                ] + measured
            ).compact + "\n"
        }

        package init(step: Int, fingerprint: String, data: String, text: String, sequences: Int, metrics: Metrics) {
            (self.step, self.fingerprint, self.data) = (step, fingerprint, data)
            (self.text, self.sequences, self.metrics) = (text, sequences, metrics)
        }

        /// nil for a line that was cut short.
        package init?(_ line: Substring) {
            guard let values = try? JSON(parsing: line.utf8), let step = values["step"]?.integer,
                let fingerprint = values["fingerprint"]?.text, let data = values["data"]?.text,
                let text = values["text"]?.text, let sequences = values["sequences"]?.integer
            else { return nil }
            self.init(
                step: step, fingerprint: fingerprint, data: data, text: text, sequences: sequences,
                metrics: Metrics(named: values))
        }
    }

    package let path: String

    package func append(_ entry: Entry) throws(Failure) {
        try FileAccess.append(line: entry.json, to: path)
    }

    /// The newest of a checkpoint: on the data set named, or else on any other.
    package func last(ofCheckpoint fingerprint: String, data: String) -> Entry? {
        guard let bytes = try? FileAccess.contents(of: path, remedy: "") else { return nil }
        let entries = String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { Entry($0) }
            .filter { $0.fingerprint == fingerprint }
        return entries.last { $0.data == data } ?? entries.last
    }
}
