import ElectraFineTuning
import ElectraSupport
import TestSupport
import Testing

/// Questions are read from SQuAD's own JSON and from JSON lines, or refused with what is wrong with them.
@Suite struct QuestionFileTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    private func read(_ name: String, _ content: String, needsAnswers: Bool = true) throws -> [QuestionRecord] {
        try QuestionFile.read(try place.write(name, content), needsAnswers: needsAnswers)
    }

    private func refusal(_ name: String, _ text: String, needsAnswers: Bool = true) throws -> String {
        let path = try place.write(name, text)
        let failure = try #require(throws: Failure.self, "\(text.prefix(100))") {
            _ = try QuestionFile.read(path, needsAnswers: needsAnswers)
        }
        #expect(failure.kind == .badData && !failure.description.utf8.contains(0x0A))
        return failure.description.replacing(place.path + "/", with: "")
    }

    private func record(
        _ line: Int, _ id: String, _ question: String, _ context: String, _ answers: [(String, Range<Int>)]?,
        of name: String
    ) -> QuestionRecord {
        QuestionRecord(
            id: id, question: Array(question.utf8), context: Array(context.utf8),
            answers: answers?.map { .init(text: $0.0, span: $0.1) },
            source: SourceLine(file: place.file(name), line: line))
    }

    /// Characters are counted as Unicode scalars: é as two of them is two, and 😀 is one.
    private let context = "😀 E\u{301}t\u{E9} in 東京"

    @Test func placesOfSquadAreThoseOfBytes() throws {
        let content = """
            {"data": [{"title": "t", "paragraphs": [{"context": "😀 E\\u0301t\u{E9} in 東京", "qas": [
              {"answers": [{"answer_start": 10, "text": "東京"}, {"text": "東", "answer_start": 10}],
               "question": "Where?", "id": "1"},
              {"answers": [{"answer_start": 0, "text": "\\ud83d\\ude00"}], "question": "Who?", "id": 2}]}]},
              {"paragraphs": []}], "version": "1.1"}
            """
        let expected = [
            record(2, "1", "Where?", context, [("東京", 15..<21), ("東", 15..<18)], of: "a.json"),
            record(4, "2", "Who?", context, [("😀", 0..<4)], of: "a.json"),
        ]
        #expect(try read("a.json", content) == expected)
        let path = try place.write("a.json.xz", packed(Array(content.utf8), .xz))
        #expect(try QuestionFile.read(path, needsAnswers: true).map(\.answers) == expected.map(\.answers))
    }

    @Test func questionsOfTheSecondSquadMayHaveNoAnswer() throws {
        let content = """
            {"version": "v2.0", "data": [{"paragraphs": [{"qas": [
            {"question": "a?", "id": "x", "is_impossible": true, "answers": [],
             "plausible_answers": [{"text": "z", "answer_start": 99}]},
            {"question": "b?", "id": "y", "is_impossible": false, "answers": [{"text": "c", "answer_start": 1}]},
            {"question": "d?", "id": "z", "is_impossible": true}], "context": "bcd"}]}]}
            """
        #expect(
            try read("a", content) == [
                record(2, "x", "a?", "bcd", [], of: "a"), record(4, "y", "b?", "bcd", [("c", 1..<2)], of: "a"),
                record(5, "z", "d?", "bcd", [], of: "a"),
            ])
    }

    @Test func linesOfJSONAreReadAsHuggingFaceWritesThem() throws {
        let content = """
            {"id": "x", "question": "a?", "context": "\(context)", "answers": {"text": ["in"], "answer_start": [7]}}

            {"question": "b?", "context": "c", "title": "t", "answers": {"text": [], "answer_start": []}}
            {"question": "d?", "context": "e", "answers": [{"text": "e", "answer_start": 0}]}
            """
        #expect(
            try read("a.jsonl", content) == [
                record(1, "x", "a?", context, [("in", 12..<14)], of: "a.jsonl"),
                record(3, "3", "b?", "c", [], of: "a.jsonl"), record(4, "4", "d?", "e", [("e", 0..<1)], of: "a.jsonl"),
            ])
        #expect(
            try read("b.jsonl", #"{"question": "b?", "context": "c"}"#, needsAnswers: false) == [
                record(1, "1", "b?", "c", nil, of: "b.jsonl")
            ])
    }

    private func squad(_ questions: String, context: String = "\"bcd\"") -> String {
        "{\"data\": [{\"paragraphs\": [{\"context\": \(context),\n\"qas\": [\(questions)]}]}]}"
    }

    @Test func answersStandWhereTheyAreSaidToBe() throws {
        let wrong = "; mend or remove it"
        for (text, start) in [("b", 1), ("cde", 1), ("d", 3), ("", 1), ("x", 99)] {
            let answer = "{\"text\": \"\(text)\", \"answer_start\": \(start)}"
            let message = "question \"q\": its answer \"\(text)\" is not at character \(start) of its context\(wrong)"
            #expect(
                try refusal("a.json", squad("{\"question\": \"a?\", \"id\": \"q\",\n\"answers\": [\(answer)]}"))
                    == "a.json:2: \(message)")
            let line = "{\"question\": \"a?\", \"context\": \"bcd\", \"id\": \"q\", \"answers\": [\(answer)]}"
            #expect(try refusal("a.jsonl", line) == "a.jsonl:1: \(message)")
        }
        #expect(
            try refusal("a.json", squad("{\"question\": \"a?\", \"id\": \"q\"}"))
                == "a.json:2: question \"q\" has no \"answers\"\(wrong)")
        #expect(
            try refusal("a.json", squad("{\"question\": \" \", \"id\": \"q\", \"answers\": []}"))
                == "a.json:2: question \"q\" is empty\(wrong)")
        #expect(
            try refusal("a.json", squad("{\"question\": \"a?\", \"id\": \"q\", \"answers\": []}", context: "\"\""))
                == "a.json:2: question \"q\" has an empty context\(wrong)")
        #expect(
            try refusal("a.jsonl", "{\"question\": \"a?\", \"contexts\": \"b\"}")
                == "a.jsonl:1: no column \"context\"; it has: question, contexts (did you mean \"contexts\"?)")
        #expect(
            try refusal("a.jsonl", "{\"question\": \"a?\", \"context\": \"b\"}")
                == "a.jsonl:1: question \"1\" has no \"answers\"\(wrong)")
        #expect(
            try refusal(
                "a.jsonl", "{\"question\": \"a?\", \"context\": \"b\", \"answers\": null, \"is_impossible\": null}")
                == "a.jsonl:1: question \"1\" has no \"answers\"\(wrong)")
        #expect(
            try refusal("a.jsonl", "{\"context\": \"b\"}", needsAnswers: false)
                == "a.jsonl:1: no column \"question\"; it has: context")
    }

    @Test func brokenFilesAreRefused() throws {
        let good = "{\"question\": \"a?\", \"id\": \"q\", \"answers\": []}"
        let mend = "; mend it, or get it again"
        #expect(
            try refusal("a.json", String(squad(good).dropLast(4)))
                == "a.json:2: not SQuAD's JSON after question \"q\": malformed JSON: expected ] at byte 100\(mend)")
        #expect(
            try refusal("a.json", squad("{\"question\": 3}"))
                == "a.json:2: not SQuAD's JSON: expected a text as \"question\", found the number 3\(mend)")
        #expect(
            try refusal("a.json", squad("{\"is_impossible\": \"no\"}"))
                == "a.json:2: not SQuAD's JSON: expected true or false as \"is_impossible\", found a text\(mend)")
        #expect(
            try refusal("a.json", squad("{\"question\": \"a?\", \"answers\": [{\"text\": \"b\"}]}"))
                == "a.json:2: not SQuAD's JSON: expected \"text\" and \"answer_start\" in each answer\(mend)")
        #expect(
            try refusal("a.json", "{\"data\": [{\"paragraphs\": [{\"qas\": []}]}]}")
                == "a.json:1: not SQuAD's JSON: a paragraph without \"context\"\(mend)")
        #expect(try refusal("a.json", "{\"data\": []}") == "a.json:1: no question in it; expected SQuAD's JSON")
        #expect(
            try refusal("a.json", "{\"version\": \"1.1\"}\n")
                == "a.json:1: no column \"context\"; it has: version")
        #expect(
            try refusal("a.jsonl", "{\"question\": \"a\\u0000\", \"context\": \"b\"}")
                == "a.jsonl:1: a character of zero in \"question\", which no text has; "
                + "mend the line")
        #expect(
            try refusal(
                "a.jsonl",
                "{\"question\": \"a\", \"context\": \"b\", \"answers\": {\"text\": [\"b\"], \"answer_start\": []}}")
                == "a.jsonl:1: expected as many \"answer_start\" as \"text\" in \"answers\"; "
                + "mend the line")
        #expect(try refusal("a.json", "[]").hasPrefix("a.json:1: a list in JSON, and one object a line is expected"))
        #expect(try refusal("a.json", "") == "a.json: expected examples, found an empty file")
        #expect(
            try refusal("a.json", "question\tcontext\n")
                == "a.json:1: malformed JSON: expected { at byte 1; mend the line")
        let cut = try refusal("a.json", "{\"data\": [{\"title\": " + String(repeating: "[", count: 100_000))
        #expect(cut.hasPrefix("a.json:1: not SQuAD's JSON: malformed JSON: more than 64 levels"))
    }
}
