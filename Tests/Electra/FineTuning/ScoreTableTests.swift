import ElectraFineTuning
import ElectraSupport
import ElectraTraining
import Testing

/// The table of what models come to on tasks, from results that were made up.
@Suite struct ScoreTableTests {
    private static let small = ComparedModel(name: "small", path: "models/small")
    private static let base = ComparedModel(name: "a|b", path: "models/a|b")

    private static func task(_ name: String, _ task: String) -> ComparedTask {
        ComparedTask(name: name, task: task, train: "", dev: "")
    }

    private static let cola = task("CoLA", "cola")
    private static let squad = task("SQuAD", "squad")
    private static let rte = task("RTE", "rte")
    private static let wnli = task("WNLI", "wnli")

    private static func results(_ task: String, _ metric: String, _ scores: Double...) -> SeedResults {
        var results = SeedResults(task: task, metric: metric)
        for (number, score) in scores.enumerated() {
            var metrics = Metrics()
            metrics["other"] = 0.125
            metrics[metric] = score
            results.add(
                SeedResults.Entry(
                    seed: UInt64(number + 1), scores: metrics, seconds: 60 + 2 * Double(number), examplesPerSecond: 8,
                    fingerprint: ""))
        }
        return results
    }

    private static let table: ScoreTable = {
        var table = ScoreTable([small, base])
        table.add(results("cola", "matthews", 0.25, 0.5, 0.75), of: small, on: cola)
        table.add(results("cola", "matthews", 0.5), of: base, on: cola)
        table.add(results("rte", "accuracy", 0.625, 0.625), of: small, on: rte)
        table.add(results("rte", "accuracy", 0.75, 0.5), of: base, on: rte)
        table.add(results("squad", "exact", 62.5, 64.5), of: small, on: squad)
        table.add(results("wnli", "accuracy", 0.5, 0.5), of: small, on: wnli)
        table.add(results("wnli", "accuracy", 0.5, 0.5), of: base, on: wnli)
        return table
    }()

    @Test func markdown() {
        let lines = Self.table.markdown.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
            lines.prefix(7) == [
                "| task    | metric   |       small | time |        a\\|b | time | ELECTRA-Small-OWT | ELECTRA-Small | ELECTRA-Base | ELECTRA-Large |",
                "| ------- | -------- | ----------: | ---: | ----------: | ---: | ----------------: | ------------: | -----------: | ------------: |",
                "| CoLA    | matthews | 50.0 ± 14.4 | 1:02 |        50.0 | 1:00 |              56.8 |          57.0 |         67.7 |          69.1 |",
                "| RTE     | accuracy |  62.5 ± 0.0 | 1:01 | 62.5 ± 12.5 | 1:01 |              68.5 |          66.7 |         82.7 |          88.0 |",
                "| SQuAD   | exact    |  63.5 ± 1.0 | 1:01 |           – |    – |                 – |          75.8 |         86.8 |          89.7 |",
                "| WNLI    | accuracy |  50.0 ± 0.0 | 1:01 |  50.0 ± 0.0 | 1:01 |                 – |             – |            – |             – |",
                "| average |          |  56.2 ± 7.2 |      |        56.2 |      |              62.6 |          61.9 |         75.2 |          78.5 |",
            ])
        let notes = lines.dropFirst(7).joined(separator: " ")
        #expect(notes.contains("the mean over 1 to 3 seeds ± its standard error"))
        #expect(notes.contains("The average is over what all have: CoLA, RTE."))
        #expect(notes.contains("BERT-Small 75.1, BERT-Base 82.2 (K. Clark et al., 2020, table 1)."))
        #expect(lines.dropFirst(7).allSatisfy { $0.count <= 80 })
    }

    /// Without what was never published, and without an average of one task.
    @Test func theTableOfOneTask() {
        var table = ScoreTable([Self.small])
        table.add(Self.results("wnli", "accuracy", 0.5625), of: Self.small, on: Self.wnli)
        #expect(
            table.markdown == """
                | task | metric   | small | time |
                | ---- | -------- | ----: | ---: |
                | WNLI | accuracy |  56.2 | 1:00 |

                In percent: the mean over 1 seed; time is that of training with one seed.
                """)
        guard case .null = table.json["average"] else {
            Issue.record("an average of one task")
            return
        }
    }

    @Test func json() throws {
        // As it is read again.
        let json = try JSON(parsing: Array(Self.table.json.pretty.utf8))
        #expect(json["unit"]?.text == "percent")
        #expect(json["models"]?.list?.map { $0["name"]?.text } == ["small", "a|b"])
        #expect(json["models"]?.list?.map { $0["folder"]?.text } == ["models/small", "models/a|b"])
        let tasks = try json.cases("tasks")
        #expect(try tasks.map { try $0.text("task") } == ["CoLA", "RTE", "SQuAD", "WNLI"])
        let cola = try #require(tasks[0]["scores"]?["small"])
        #expect(try cola.number("mean") == 50 && cola.number("median") == 50 && cola.number("best") == 75)
        #expect(try agree(cola.number("standard_error"), 25 / 3.0.squareRoot(), within: 1e-5))
        #expect(try cola.number("seconds") == 62)
        #expect(try cola.cases("seeds").map { try $0.integer("seed") } == [1, 2, 3])
        #expect(try cola.cases("seeds").map { try $0.number("score") } == [25, 50, 75])
        #expect(try cola.cases("seeds").map { try $0.number("seconds") } == [60, 62, 64])
        let single = try #require(tasks[0]["scores"]?["a|b"])
        #expect(try single.number("mean") == 50 && single.number("standard_error").isNaN)
        #expect(tasks[2]["scores"]?.members?.map(\.key) == ["small"])
        #expect(try tasks[2]["scores"]?["small"]?.number("mean") == 63.5)
        #expect(tasks[2]["published"]?.members?.map(\.key) == ["ELECTRA-Small", "ELECTRA-Base", "ELECTRA-Large"])
        #expect(tasks[3]["published"]?.members?.count == 0)
        let average = try #require(json["average"])
        #expect(try average.texts("tasks") == ["CoLA", "RTE"])
        #expect(try average["scores"]?["small"]?.number("mean") == 56.25)
        #expect(try average["published"]?.number("ELECTRA-Small") == 61.85)
    }

    /// The published models among them, where they have one of the tasks.
    @Test func averagesAreOverTasksThatAllHave() {
        #expect(Self.table.averaged.map(\.task.name) == ["CoLA", "RTE"])
        var table = ScoreTable([Self.small])
        table.add(Self.results("squad", "exact", 60, 70), of: Self.small, on: Self.squad)
        table.add(Self.results("wnli", "accuracy", 0.5, 0.5), of: Self.small, on: Self.wnli)
        #expect(table.averaged.map(\.task.name) == ["SQuAD"])
        var own = ScoreTable([Self.small])
        let conll = Self.task("conll", "conll2003")
        own.add(Self.results("conll2003", "f1", 0.75, 0.875), of: Self.small, on: conll)
        own.add(Self.results("wnli", "accuracy", 0.5, 0.5), of: Self.small, on: Self.wnli)
        #expect(own.averaged.map(\.task.name) == ["conll", "WNLI"])
        let average = own.average(of: Self.small)
        #expect(average.mean == 65.625 && average.standardError == 3.125)
    }
}
