import ElectraSupport

extension ScoreTable {
    /// The table, its columns one below the other, and what is to be known of it.
    package var markdown: String {
        var lines = [["task", "metric"] + models.flatMap { [$0.name, "time"] } + published.map(\.model)]
        for row in rows {
            lines.append(
                [row.task.name, row.metric]
                    + models.flatMap { [Self.word(row.score(of: $0)), Self.word(row.seconds(of: $0))] }
                    + published.map { $0[row.task.task].map { decimal($0, 1) } ?? Self.none })
        }
        if averaged.count > 1 {
            lines.append(
                ["average", ""] + models.flatMap { [Self.word(average(of: $0)), ""] }
                    + published.map { decimal(average(of: $0), 1) })
        }
        return Self.table(lines) + "\n\n" + notes.map { folded($0) }.joined(separator: "\n\n")
    }

    private static let none = "–"

    private static func word(_ score: Score?) -> String {
        guard let score else { return none }
        return decimal(score.mean, 1) + (score.standardError.isNaN ? "" : " ± \(decimal(score.standardError, 1))")
    }

    private static func word(_ seconds: Double?) -> String { seconds.map(ProgressLine.duration) ?? none }

    /// Two columns of words, then numbers.
    private static func table(_ lines: [[String]]) -> String {
        let cells = lines.map { $0.map { $0.replacing("|", with: "\\|") } }
        let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        let rule = widths.enumerated().map { column, width in
            column < 2 ? String(repeating: "-", count: width) : String(repeating: "-", count: width - 1) + ":"
        }
        return ([cells[0], rule] + cells.dropFirst()).map { line in
            let padded = line.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column < 2 ? cell + space : space + cell
            }
            return "| \(padded.joined(separator: " | ")) |"
        }.joined(separator: "\n")
    }

    private var notes: [String] {
        let counts = rows.flatMap { $0.results.values.map(\.entries.count) }
        let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
        let seeds = (least == most ? "" : "\(least) to ") + counted(most, "seed")
        var own =
            "In percent: the mean over \(seeds)\(most > 1 ? " ± its standard error" : ""); time is that of training "
            + "with one seed."
        if averaged.count > 1 {
            own += " The average is over what all have: \(averaged.map(\.task.name).joined(separator: ", "))."
        }
        if published.isEmpty { return [own] }
        let averages = PublishedScores.averages.map { "\($0.model) \(decimal($0.score, 1))" }
        return [
            own,
            "\(published.map(\.model).joined(separator: ", ")): published, medians over many seeds (README.md of "
                + "google-research/electra). Published averages over the eight tasks of GLUE without WNLI: "
                + "\(averages.joined(separator: ", ")) (K. Clark et al., 2020, table 1).",
        ]
    }
}
