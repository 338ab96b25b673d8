import ElectraHuggingFace
package import ElectraSupport
package import ElectraTraining
import Glibc

/// What each seed came to, in OUTPUT/results.json: written after each of them, so that a run that was stopped knows what it
/// has done.
package struct SeedResults: Sendable {
    package struct Entry: Sendable {
        package let seed: UInt64
        package let scores: Metrics
        /// Of training alone, and how many examples a second went through.
        package let seconds: Double
        package let examplesPerSecond: Double
        package let fingerprint: String

        package init(
            seed: UInt64, scores: Metrics, seconds: Double, examplesPerSecond: Double, fingerprint: String
        ) {
            self.seed = seed
            self.scores = scores
            self.seconds = seconds
            self.examplesPerSecond = examplesPerSecond
            self.fingerprint = fingerprint
        }
    }

    package static let fileName = "results.json"

    package let task: String
    /// The score that decides.
    package let metric: String
    package private(set) var entries: [Entry] = []
    /// Tokens of the longest sequence, for who works with the model.
    package var maxLength: Int?
    /// Of the best model on examples that had no part in choosing it.
    package var test: (file: String, scores: Metrics)?

    package init(task: String, metric: String) {
        self.task = task
        self.metric = metric
    }

    /// Those of an output folder; none where it has none.
    package init(task: String, metric: String, folder: String) throws(Failure) {
        self.init(task: task, metric: metric)
        let path = "\(folder)/\(Self.fileName)"
        guard FileAccess.kind(of: path) != .missing else { return }
        let file = try JSONObjectFile(path: path, remedy: "choose another --output")
        for entry in file.object["seeds"]?.list ?? [] {
            guard let seed = entry["seed"]?.integer, let scores = entry["scores"],
                let seconds = entry["seconds"]?.number,
                let fingerprint = entry["parameters"]?.text
            else {
                throw .badData("\(path): expected seeds with scores, seconds and parameters; choose another --output")
            }
            entries.append(
                Entry(
                    seed: UInt64(seed), scores: Metrics(named: scores), seconds: seconds,
                    examplesPerSecond: entry["examples_per_second"]?.number ?? .nan, fingerprint: fingerprint))
        }
    }

    /// What a folder says of the run that its model comes from; nil for one that `finetune` did not write.
    static func origin(of folder: String) -> (task: String, maxLength: Int?)? {
        guard let file = try? JSONObjectFile(path: "\(folder)/\(fileName)", remedy: ""),
            let task = file.object["task"]?.text, file.object["best_seed"] != nil
        else { return nil }
        let maxLength = file.object["max_length"]?.integer
        return (task, maxLength.map { max($0, 8) })
    }

    private static func json(_ scores: Metrics) -> JSON {
        .object(scores.named.map { (key: $0.name, value: .number($0.value)) })
    }

    package mutating func add(_ entry: Entry) { entries.append(entry) }

    package func has(seed: UInt64) -> Bool { entries.contains { $0.seed == seed } }

    /// The one with the highest score; the first of several.
    package var best: Entry? { entries.first { $0.scores[metric] == scores.max() } ?? entries.first }

    private var scores: [Double] { entries.map { $0.scores[metric] } }

    /// Of the score that decides, over the seeds.
    package var statistics: Statistics { Statistics(scores) }

    package func write(to folder: String) throws(Failure) {
        let seeds = entries.map { entry in
            JSON.object([
                (key: "seed", value: .integer(Int(entry.seed))),
                (key: "scores", value: Self.json(entry.scores)),
                (key: "seconds", value: .rounded(entry.seconds)),
                (key: "examples_per_second", value: .rounded(entry.examplesPerSecond)),
                (key: "parameters", value: .text(entry.fingerprint)),
            ])
        }
        let statistics = statistics
        let tested = test.map { ["file": .text($0.file), "scores": Self.json($0.scores)] } ?? JSON.null
        let json: JSON = [
            "task": .text(task), "metric": .text(metric), "median": .number(statistics.median),
            "mean": .number(statistics.mean), "standard_error": .number(statistics.standardError),
            "best_seed": best.map { .integer(Int($0.seed)) } ?? .null, "test": tested,
            "max_length": maxLength.map { .integer($0) } ?? .null, "seeds": .list(seeds),
        ]
        try FileAccess.write(Array((json.pretty + "\n").utf8), to: "\(folder)/\(Self.fileName)")
    }

    /// "accuracy over 5 seeds: median 0.8603, mean 0.8598, standard error 0.0021; best 0.8652 (seed 3)".
    package var summary: String {
        guard let best, entries.count > 1 else { return "" }
        let statistics = statistics
        return "\(metric) over \(entries.count) seeds: median \(decimal(statistics.median, 4)), mean "
            + "\(decimal(statistics.mean, 4)), standard error \(decimal(statistics.standardError, 4)); best "
            + "\(decimal(best.scores[metric], 4)) (seed \(best.seed))"
    }
}

/// Of a few numbers.
package struct Statistics: Sendable {
    package let mean: Double
    package let median: Double
    /// Of the mean: the deviation, estimated from the sample, over the square root of the count. NaN of a single one.
    package let standardError: Double

    package init(_ numbers: [Double]) {
        let count = Double(numbers.count)
        let mean = numbers.reduce(0, +) / count
        self.mean = mean
        let sorted = numbers.sorted()
        let half = sorted.count / 2
        median =
            sorted.isEmpty
            ? .nan : sorted.count.isMultiple(of: 2) ? (sorted[half - 1] + sorted[half]) / 2 : sorted[half]
        let squares = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        standardError = (squares / (count - 1) / count).squareRoot()
    }
}
