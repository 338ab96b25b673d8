package import ElectraSupport

/// What models came to on tasks, in percent, beside what was published.
package struct ScoreTable: Sendable {
    /// Of a task over seeds, or of several tasks.
    package struct Score: Sendable, Equatable {
        package let mean: Double
        /// NaN where there was one seed only.
        package let standardError: Double
    }

    /// A task, and what each model came to on it, by the model's name.
    package struct Row: Sendable {
        package let task: ComparedTask
        package fileprivate(set) var results: [String: SeedResults] = [:]

        package var metric: String { results.values.first?.metric ?? "" }

        /// In percent, as scores of questions are anyway.
        func percent(_ score: Double) -> Double { task.task.hasPrefix("squad") ? score : 100 * score }

        package func score(of model: ComparedModel) -> Score? {
            guard let statistics = results[model.name]?.statistics else { return nil }
            return Score(mean: percent(statistics.mean), standardError: percent(statistics.standardError))
        }

        /// Of training with one seed.
        func seconds(of model: ComparedModel) -> Double? {
            results[model.name].map { Statistics($0.entries.map(\.seconds)).mean }
        }
    }

    package let models: [ComparedModel]
    package private(set) var rows: [Row] = []

    package init(_ models: [ComparedModel]) {
        self.models = models
    }

    package mutating func add(_ results: SeedResults, of model: ComparedModel, on task: ComparedTask) {
        let row = rows.firstIndex { $0.task == task } ?? rows.count
        if row == rows.count { rows.append(Row(task: task)) }
        rows[row].results[model.name] = results
    }

    /// Those that have a score of one of the tasks.
    var published: [PublishedScores] {
        PublishedScores.all.filter { published in rows.contains { published[$0.task.task] != nil } }
    }

    // MARK: Averages

    /// Tasks of which all have a score, the published models too: averages over others could not be compared.
    package var averaged: [Row] {
        rows.filter { row in
            models.allSatisfy { row.score(of: $0) != nil } && published.allSatisfy { $0[row.task.task] != nil }
        }
    }

    package func average(of model: ComparedModel) -> Score {
        let scores = averaged.compactMap { $0.score(of: model) }
        let squares = scores.reduce(0) { $0 + $1.standardError * $1.standardError }
        return Score(
            mean: Statistics(scores.map(\.mean)).mean, standardError: squares.squareRoot() / Double(scores.count))
    }

    package func average(of published: PublishedScores) -> Double {
        Statistics(averaged.compactMap { published[$0.task.task] }).mean
    }

    // MARK: Files

    package static let textName = "scores.md"
    package static let jsonName = "scores.json"

    package func write(to folder: String) throws(Failure) {
        let text = "# Scores on the development sets\n\n\(markdown)\n"
        try FileAccess.write(Array(text.utf8), to: "\(folder)/\(Self.textName)")
        try FileAccess.write(Array((json.pretty + "\n").utf8), to: "\(folder)/\(Self.jsonName)")
    }
}
