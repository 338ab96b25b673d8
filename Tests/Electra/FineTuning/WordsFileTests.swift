import ElectraFineTuning
import ElectraSupport
import TestSupport
import Testing

/// Sentences in words are read from CoNLL's columns and from JSON lines, or refused with the line and what is wrong with it.
@Suite struct WordsFileTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    private func read(
        _ name: String, _ content: String, _ columns: WordColumns = WordColumns(), needsTags: Bool = true
    ) throws -> [WordsRecord] {
        try WordsFile.read(try place.write(name, content), columns, needsTags: needsTags)
    }

    private func record(
        _ line: Int, _ words: [String], _ tags: [String]?, id: String? = nil, of name: String
    ) -> WordsRecord {
        WordsRecord(
            id: id, words: words.map { Array($0.utf8) }, tags: tags,
            source: SourceLine(file: place.file(name), line: line))
    }

    private func refusal(
        _ name: String, _ text: String, _ columns: WordColumns = WordColumns(), needsTags: Bool = true,
        kind: Failure.Kind = .badData
    ) throws -> String {
        let path = try place.write(name, text)
        let failure = try #require(throws: Failure.self, "\(text.prefix(100))") {
            _ = try WordsFile.read(path, columns, needsTags: needsTags)
        }
        #expect(failure.kind == kind && !failure.description.utf8.contains(0x0A))
        return failure.description.replacing(place.path + "/", with: "")
    }

    @Test func blankLinesEndSentences() throws {
        let content = """
            \u{FEFF}-DOCSTART- -X- O O

            EU NNP I-NP B-ORG\r
            rejects  VBZ I-VP O \r
            \r
             \t

            # a comment
            # NN I-NP O
            Peter NNP I-NP B-PER
            # # I-NP O
            -DOCSTART- -X- -X- O
            -DOCSTART-

            . . O O
            """
        let expected = [
            record(3, ["EU", "rejects"], ["B-ORG", "O"], of: "a.txt"),
            record(10, ["Peter", "#"], ["B-PER", "O"], of: "a.txt"), record(15, ["."], ["O"], of: "a.txt"),
        ]
        #expect(try read("a.txt", content) == expected)
        #expect(try read("a.txt", content, needsTags: false) == expected)
        let parts = WordColumns(words: .number(1), tags: .number(2))
        #expect(try read("a.conll", content, parts).map(\.tags) == [["NNP", "VBZ"], ["NNP", "#"], ["."]])
        let packed = try place.write("a.xz", packed(Array(content.utf8), .xz))
        #expect(try WordsFile.read(packed, WordColumns(), needsTags: true).map(\.words) == expected.map(\.words))
    }

    @Test func wordsBetweenTabsHaveSpaces() throws {
        let content = "# sent_id = 1\n1\tthe\tDET\n2\tNew York\tPROPN\n\n1\t#\tSYM\t\n"
        let columns = WordColumns(words: .number(2), tags: .number(-1))
        #expect(
            try read("a.conllu", content, columns) == [
                record(2, ["the", "New York"], ["DET", "PROPN"], of: "a.conllu"),
                record(5, ["#"], ["SYM"], of: "a.conllu"),
            ])
    }

    @Test func tagsThatAreNotNeededMayBeMissing() throws {
        #expect(try read("a", "one\ntwo\n\nthree", needsTags: false).map(\.tags) == [nil, nil])
        #expect(try read("a", "one x\n", .init(tags: .number(3)), needsTags: false).map(\.tags) == [nil])
        #expect(try read("a.jsonl", "{\"words\": [\"a\"]}", needsTags: false).map(\.tags) == [nil])
        #expect(try read("a.jsonl", "{\"words\": [\"a\"], \"tags\": null}", needsTags: false).map(\.tags) == [nil])
    }

    @Test func linesOfJSONHaveLists() throws {
        let content = "{\"id\": 0, \"tokens\": [\"New York\", \"\\u00e9\"], \"ner_tags\": [3, 0]}\n"
        let columns = WordColumns(words: .named("tokens"), tags: .named("ner_tags"))
        let expected = [record(1, ["New York", "é"], ["3", "0"], id: "0", of: "a")]
        #expect(try read("a", content, columns) == expected)
        let tags = "{\"tags\": [\"O\"], \"words\": [\"a\"]}\n"
        #expect(try read("a.json", tags) == [record(1, ["a"], ["O"], of: "a.json")])
    }

    @Test func eachWordHasATag() throws {
        #expect(
            try refusal("a.txt", "a x O\nb y\n")
                == "a.txt:2: expected 3 columns (space separated) as in the first row, found 2; mend the line")
        #expect(
            try refusal("a.txt", "a\tO\n\nb\tc\tO\n")
                == "a.txt:3: expected 2 columns (TAB separated) as in the first row, found 3; mend the line")
        #expect(
            try refusal("a.txt", "a\tO\n\tO\n") == "a.txt:2: an empty word in column 1; mend the line")
        #expect(
            try refusal("a.txt", "a\tO\tx\nb\t\tx\n", .init(tags: .number(2)))
                == "a.txt:2: an empty tag in column 2; mend the line")
        #expect(
            try refusal("a.txt", "a\n")
                == "a.txt:1: expected 2 columns or more, a word and its tag, found 1; mend the line")
        #expect(
            try refusal("a.txt", "a O\n", .init(tags: .number(3)))
                == "a.txt:1: expected a column 3 of its own for the tags, found 2 columns; choose another column")
        #expect(
            try refusal("a.txt", "a O\n", .init(words: .number(2)))
                == "a.txt:1: expected a column -1 of its own for the tags, found 2 columns; choose another column")
        #expect(
            try refusal("a.txt", "a O\n", .init(words: .number(-3)))
                == "a.txt:1: expected a column -3 for the words, found 2 columns; choose another column")
        #expect(
            try refusal("a.txt", "a O\n", .init(words: .named("word")), kind: .usage)
                == "a.txt: no column \"word\"; columns of words have numbers from 1, and -1 is the last one")
        #expect(
            try refusal("a.jsonl", "{\"words\": [\"a\", \"b\", \"c\"], \"tags\": [\"O\", \"O\"]}")
                == "a.jsonl:1: 3 words and 2 tags; expected a tag for each word")
        #expect(
            try refusal("a.jsonl", "{\"words\": [\"a\"], \"tags\": [\"O\", \"O\"]}", needsTags: false)
                == "a.jsonl:1: 1 word and 2 tags; expected a tag for each word")
    }

    @Test func filesThatHoldSomethingElseAreRefused() throws {
        #expect(
            try refusal("a.jsonl", "{\"tokens\": [\"a\"], \"tags\": [\"O\"]}")
                == "a.jsonl:1: no column \"words\"; it has: tokens, tags")
        #expect(
            try refusal("a.jsonl", "{\"words\": [\"a\"], \"tag\": [\"O\"]}")
                == "a.jsonl:1: no column \"tags\"; it has: words, tag (did you mean \"tag\"?)")
        #expect(
            try refusal("a.jsonl", "{\"words\": \"a b\", \"tags\": [\"O\"]}")
                == "a.jsonl:1: expected a list as \"words\", found a text")
        #expect(
            try refusal("a.jsonl", "{\"words\": [\"a\"], \"tags\": null}")
                == "a.jsonl:1: expected a list as \"tags\", found null")
        #expect(
            try refusal("a.jsonl", "{\"words\": [\"a\", \"\"], \"tags\": [\"O\", \"O\"]}")
                == "a.jsonl:1: word 2 is empty; mend the line")
        #expect(
            try refusal("a.jsonl", "{\"words\": [\"a\"], \"tags\": [null]}")
                == "a.jsonl:1: tag 1 is empty; expected a tag for each word")
        #expect(
            try refusal("a.jsonl", "{\"words\": [], \"tags\": []}")
                == "a.jsonl:1: a sentence without words; remove the line")
        #expect(
            try refusal("a.json", "[{\"words\": [\"a\"], \"tags\": [\"O\"]}]")
                == "a.json:1: a list in JSON, and one object a line is expected; convert it (jq -c '.[]' a.json > "
                + "a.json.jsonl)")
        #expect(try refusal("a.txt", "") == "a.txt: expected examples, found an empty file")
        #expect(
            try refusal("a.txt", "\n-DOCSTART- O\n\n") == "a.txt: expected a word in each line, found none")
        #expect(
            try refusal("a.txt", String(repeating: "a ", count: 100_000))
                == "a.txt:1: more than 4096 columns; expected a word a line")
    }
}
