package import ElectraSupport
import ElectraTraining

extension ScoreTable {
    /// The same with all that is known of each score.
    package var json: JSON {
        [
            "unit": "percent",
            "models": .list(models.map { ["name": .text($0.name), "folder": .text($0.path)] }),
            "tasks": .list(rows.map(json)),
            "average": averaged.count > 1 ? average : .null,
            "published_averages": .object(
                PublishedScores.averages.map { (key: $0.model, value: .number($0.score)) }),
        ]
    }

    private func json(_ row: Row) -> JSON {
        let own = models.compactMap { model in
            row.results[model.name].map { (key: model.name, value: json($0, row)) }
        }
        let published = published.compactMap { published in
            published[row.task.task].map { (key: published.model, value: JSON.number($0)) }
        }
        return [
            "task": .text(row.task.name), "metric": .text(row.metric), "scores": .object(own),
            "published": .object(published),
        ]
    }

    private func json(_ results: SeedResults, _ row: Row) -> JSON {
        let statistics = results.statistics
        func percent(_ score: Double) -> JSON { .rounded(row.percent(score)) }
        let seeds = results.entries.map { entry -> JSON in
            [
                "seed": .integer(Int(entry.seed)), "score": percent(entry.scores[results.metric]),
                "seconds": .rounded(entry.seconds),
            ]
        }
        return [
            "mean": percent(statistics.mean), "standard_error": percent(statistics.standardError),
            "median": percent(statistics.median), "best": percent(results.best?.scores[results.metric] ?? .nan),
            "seconds": .rounded(Statistics(results.entries.map(\.seconds)).mean), "seeds": .list(seeds),
        ]
    }

    private var average: JSON {
        let own = models.map { model in
            let average = average(of: model)
            return (
                key: model.name,
                value: ["mean": .rounded(average.mean), "standard_error": .rounded(average.standardError)] as JSON
            )
        }
        return [
            "tasks": .list(averaged.map { .text($0.task.name) }), "scores": .object(own),
            "published": .object(published.map { (key: $0.model, value: .rounded(average(of: $0))) }),
        ]
    }
}
