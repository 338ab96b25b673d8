import TestSupport
import Testing

@testable import ElectraCorpus
@testable import ElectraSupport

@Suite struct JSONDocumentTests {
    private func extract(_ line: String, _ fields: [String] = ["text"], skips: Bool = false) throws -> String {
        var options = ReadingOptions()
        options.textFields = fields
        options.skipsBadLines = skips
        let document = JSONDocument(options)
        var text: [UInt8] = []
        _ = try Array(line.utf8).withUnsafeBufferPointer { try document.extract(from: $0, into: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    private func text(_ line: String) -> String? { try? extract(line) }

    private func refusal(of line: String, _ fields: [String] = ["text"]) -> JSONDocument.Problem? {
        do {
            _ = try extract(line, fields)
            return nil
        } catch {
            return error as? JSONDocument.Problem
        }
    }

    @Test func escapesAreUndone() {
        #expect(text(#"{"text":"a\n\"b\"\\\/\u00e9\ud83d\ude00\ud800x"}"#) == "a\n\"b\"\\/é😀\u{FFFD}x")
        #expect(text(#" { "a" : [ {}, [], true, -1e+5 ], "t\u0065xt" : "" } "#) == "")
        #expect(text(#"{"meta": {"text": "inner"}, "text": "outer"}"#) == "outer")
    }

    @Test(arguments: [
        "", "[]", "\"text\"", #"{"text": 1}"#, #"{"text": null}"#, #"{"text": "a"} x"#, #"{"text": "a""#,
        #"{"text": "a}"#,
        #"{"text" "a"}"#, #"{"text": "\x"}"#, #"{"text": "\u12"}"#, #"{"text": "a",}"#, #"{"b": [1 2], "text": "a"}"#,
        "{\"a\":" + String(repeating: "[", count: 100_000),
    ])
    func anythingElseIsRefused(line: String) {
        #expect(text(line) == nil)
    }

    @Test(arguments: ["NaN", "-Infinity", "Infinity", "[NaN, 1]", #"{"a": NaN}"#])
    func numbersOfPythonArePassedOver(value: String) {
        #expect(text(#"{"score": \#(value), "text": "a"}"#) == "a")
        #expect(text(#"{"text": "a", "score": \#(value)}"#) == "a")
        #expect(
            text(#"{"text": "a", "score": \#(value.replacing("N", with: "M").replacing("Inf", with: "Ing"))}"#) == nil)
    }

    @Test(arguments: [
        (["text"], "t"), (["title", "text"], "T\nt"), (["text", "title"], "t\nT"), (["meta.title"], "mt"),
        (["meta.deep.er"], "d"), (["parts"], "p\nq\nr"), (["turns.says"], "hello\nbye"), (["a.b"], "dotted"),
        (["meta.list.x"], "1\n2"), (["text", "text"], "t\nt"),
    ])
    func fieldsAreNamed(fields: [String], expected: String) throws {
        let line = #"""
            {"id": 7, "title": "T", "meta": {"title": "mt", "deep": {"er": "d"}, "list": [{"x": "1"}, {"x": "2"}]},
            "parts": ["p", ["q", "r"]], "a.b": "dotted", "a": {"c": "x"},
            "turns": [{"who": "A", "says": "hello"}, {"says": "bye", "who": "B"}], "text": "t", "text": "again"}
            """#
        #expect(try extract(line, fields) == expected)
    }

    @Test(arguments: [
        (
            #"{"content": "a", "n": 1, "meta": {"title": "b"}}"#, JSONDocument.Defect.missing,
            #""content", "meta.title""#
        ),
        (#"{"n": 1}"#, .missing, "none with a text"), (#"{"text": null}"#, .null, "is null"),
        (#"{"text": 3, "b": "c"}"#, .noText, "holds no text"), (#"{"text": {"a": "b"}}"#, .noText, "holds no text"),
        (#"{"text": []}"#, .missing, "no field"), ("{\"text\": \"a\"", .broken, "not one JSON object"),
    ])
    func whatIsWrongIsSaid(line: String, defect: JSONDocument.Defect, words: String) throws {
        let problem = try #require(self.refusal(of: line))
        #expect(problem.defect == defect && problem.description.contains(words), "\(problem)")
    }

    /// With bad lines passed over, what there is of several fields is the document.
    @Test func someOfSeveralFieldsMayBeMissing() throws {
        #expect(refusal(of: #"{"text": "a", "title": null}"#, ["title", "text"])?.defect == .null)
        #expect(try extract(#"{"text": "a", "title": null}"#, ["title", "text"], skips: true) == "a")
        #expect(throws: JSONDocument.Problem.self) { try extract(#"{"title": null}"#, ["title", "text"], skips: true) }
    }
}
