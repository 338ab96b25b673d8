import Testing

@testable import Electra

@Suite struct JSONTextFieldTests {
    private func text(_ line: String) -> String? {
        var text: [UInt8] = []
        let bytes = Array(line.utf8)
        let found: Void? = bytes.withUnsafeBufferPointer { try? JSONTextField.extract(from: $0, into: &text) }
        return found.map { String(decoding: text, as: UTF8.self) }
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
}
