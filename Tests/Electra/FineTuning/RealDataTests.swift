import ElectraFineTuning
import Foundation
import Testing

/// Files as they are published, where the machine has them: GLUE, CoNLL-2003, SQuAD.
@Suite(.enabled(if: RealData.isThere, "no folder ../shared/data beside the repository"))
struct RealDataTests {
    @Test(arguments: [
        ("CoLA", TextColumns(text: .number(4), pair: nil, label: .number(2), id: nil), 8551, 1043, ["0", "1"]),
        (
            "MRPC",
            TextColumns(text: .named("#1 String"), pair: .named("#2 String"), label: .named("Quality"), id: nil),
            3667, 408, ["0", "1"]
        ),
        (
            "RTE", TextColumns(text: .named("sentence1"), pair: .named("sentence2"), id: .named("index")), 2490, 277,
            ["entailment", "not_entailment"]
        ),
    ])
    func classesOfGLUE(task: String, columns: TextColumns, train: Int, dev: Int, labels: [String]) throws {
        for (part, count) in [("train", train), ("dev", dev)] {
            let records = try TextFile.read(RealData.file("glue/\(task)/\(part).tsv"), columns, needsLabel: true)
            #expect(records.count == count && Set(records.compactMap(\.label)).sorted() == labels)
        }
    }

    @Test(arguments: [("train", 5749), ("dev", 1500)])
    func scoresOfGLUE(part: String, count: Int) throws {
        let columns = TextColumns(text: .number(-3), pair: .number(-2), label: .number(-1), id: nil, header: true)
        let records = try TextFile.read(RealData.file("glue/STS-B/\(part).tsv"), columns, needsLabel: true)
        #expect(records.count == count)
        #expect(records.allSatisfy { $0.label.flatMap(Double.init).map { (0...5).contains($0) } == true })
    }

    @Test(arguments: [("train", 14041), ("testa", 3250), ("testb", 3453)])
    func sentencesOfCoNLL(part: String, count: Int) throws {
        let file = RealData.file("conll-2003/eng.\(part).xz")
        let records = try WordsFile.read(file, WordColumns(), needsTags: true)
        #expect(records.count == count && Set(records.flatMap { $0.tags ?? [] }).count <= 9)
    }

    /// The dev part: the train part has nine times as many.
    @Test func questionsOfSQuAD() throws {
        let records = try QuestionFile.read(RealData.file("squad-1.1/dev-v1.1.json.xz"), needsAnswers: true)
        #expect(records.count == 10570 && records.allSatisfy { $0.answers?.isEmpty == false })
    }
}

private enum RealData {
    private static let folder = URL(fileURLWithPath: #filePath).appending(path: "../../../../../shared/data")
        .standardized.path

    static var isThere: Bool { FileManager.default.fileExists(atPath: folder) }

    static func file(_ name: String) -> String { "\(folder)/\(name)" }
}
