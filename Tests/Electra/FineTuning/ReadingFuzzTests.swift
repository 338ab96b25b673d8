import ElectraFineTuning
import ElectraSupport
import TestSupport
import Testing

/// Damaged files are read, or refused in one line; nothing traps, and no span leaves its context.
@Suite struct ReadingFuzzTests {
    private let place: Workplace
    private static let originals = [
        "text\tlabel\ttext_pair\r\na \u{E9}\tx\tb\r\n\"c\ty\td\n",
        "id,text,label\n1,\"a, \"\"b\"\"\nc\",x\n2,d,\"y\"\n",
        "{\"text\": \"a\\u00e9\", \"label\": 3.8}\n{\"label\": \"b\", \"text\": \"\u{E9}\"}\n",
        "-DOCSTART- O\n\nEU B-ORG\nrejects O\n\n# c\nPeter B-PER\n", "a\tx\tO\nNew York\ty\tB\n\n",
        "{\"id\": 1, \"words\": [\"a\", \"b\"], \"tags\": [0, \"O\"]}\n",
        "{\"data\": [{\"paragraphs\": [{\"context\": \"\u{E9}b c\",\n\"qas\": [{\"question\": \"a?\", \"id\": \"q\", \"answers\": "
            + "[{\"text\": \"c\", \"answer_start\": 3}], \"is_impossible\": false}]}]}]}",
        "{\"question\": \"a?\", \"context\": \"\u{E9}b\", \"answers\": {\"text\": [\"b\"], \"answer_start\": [1]}}\n",
    ]

    init() throws { place = try Workplace(inMemory: true) }

    @Test(arguments: originals.indices, ["a.tsv", "a.csv", "a.json", "a"])
    func damagedFilesAreReadOrRefused(index: Int, name: String) throws {
        let words = ["\t", ",", "\"", "\r\n", "\n\n", "\u{FEFF}", "text", "label", "[", "{", "-1", "\\u0000"]
        var mutator = Mutator(seed: 11, input: index, words: words)
        let numbers = TextColumns(text: .number(1), label: .number(-1), id: nil)
        for round in 0..<100 {
            let path = place.file(name)
            try place.overwrite(
                name, round == 0 ? Array(Self.originals[index].utf8) : mutator.mutate(Array(Self.originals[index].utf8))
            )
            for needsAll in [true, false] {
                for columns in [TextColumns(), numbers] {
                    check(path) { _ = try TextFile.read(path, columns, needsLabel: needsAll) }
                }
                check(path) { _ = try WordsFile.read(path, WordColumns(), needsTags: needsAll) }
                check(path) {
                    for record in try QuestionFile.read(path, needsAnswers: needsAll) {
                        for answer in record.answers ?? [] {
                            #expect(record.context[answer.span].elementsEqual(answer.text.utf8))
                        }
                    }
                }
            }
        }
    }

    private func check(_ path: String, _ read: () throws -> Void) {
        do {
            try read()
        } catch {
            let failure = error as? Failure
            #expect(failure?.description.hasPrefix(path) == true, "\(error)")
            #expect(failure?.description.utf8.contains(0x0A) == false, "\(error)")
        }
    }
}
