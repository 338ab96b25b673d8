import Foundation
import Testing

@testable import ElectraSupport

/// Values read and written; Foundation's reader is a witness of what is JSON.
@Suite struct JSONTests {
    private func read(_ text: String) throws -> JSON { try JSON(parsing: text.utf8) }

    private func isJSON(_ text: String) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)) != nil
    }

    @Test func whatIsWrittenIsRead() throws {
        let json: JSON = [
            "text": .text("a\"\\\n\t\u{1}\u{7F}é🦉"), "list": [1, 2.5, nil, true, []], "empty": [:], "": false,
            "tiny": .number(.leastNonzeroMagnitude), "large": .number(.greatestFiniteMagnitude),
            "least": .integer(.min),
            "whole": .number(3), "object": ["k": .integer(-3), "l": ["m": ["n": "o"]]],
        ]
        for text in [json.compact, json.pretty] {
            #expect(try read(text).compact == json.compact)
            #expect(try read(" \r\n\t\(text)\n").pretty == json.pretty)
        }
    }

    @Test(arguments: [
        ("0", 0, 0), ("-0", 0, 0), ("12", 12, 12), ("-12", -12, -12), ("12.0", 12, 12), ("1e3", 1000, 1000),
        ("2.5E-1", nil, 0.25), ("-1.5e+2", -150, -150), ("9223372036854775807", .max, 0x1p63),
        ("9223372036854775808", nil, 0x1p63), ("1000000000000000019884624838656", nil, 1e30), ("1e-400", 0, 0),
    ])
    func numbers(text: String, integer: Int?, number: Double) throws {
        let json = try read(text)
        #expect(json.integer == integer && json.number == number)
        #expect(json.text == nil && json.list == nil && json.members == nil && json["k"] == nil)
    }

    @Test func wholeNumbersStayWhole() throws {
        guard case .list(let elements) = try read("[7, 7.0, 9007199254740993]"), elements.count == 3,
            case .integer(7) = elements[0], case .number(7) = elements[1],
            case .integer(9_007_199_254_740_993) = elements[2]
        else {
            Issue.record("another list")
            return
        }
    }

    @Test(arguments: [
        "01", "-01", "1.", ".5", "+1", "-", "1e", "1e+", "1.e3", "1.2.3", "0x10", "1_000", "1-1", "--1", "1e400", "NaN",
        "Infinity", "-Infinity", "inf", "nan", "tru", "True", "nulll", "truefalse", "word", "'a'", "", " ", "[", "]",
        "{", "[1 2]", "[,]", "{\"a\"}", "{\"a\":}", "{a: 1}", "{1: 2}", "{\"a\" 1}", "1 2", "{} {}",
        "[1]]", "{}x", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\ud834\"", "\"\\udd1e\\ud834\"", "\"a\nb\"",
        "// a\n1", "\u{A0}1",
    ])
    func garbageIsRefused(text: String) {
        #expect(throws: JSONScanner.Problem.self) { try read(text) }
        #expect(!isJSON(text))
    }

    /// Foundation takes it; RFC 8259 and Python do not.
    @Test(arguments: ["[1,]", "{\"a\": 1,}"])
    func aCommaBeforeTheEndIsRefused(text: String) {
        #expect(throws: JSONScanner.Problem.self) { try read(text) }
    }

    @Test func bytesThatAreNoUTF8AreRefused() {
        for bytes in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80]] as [[UInt8]] {
            #expect(throws: JSONScanner.Problem.self) { try JSON(parsing: [0x22] + bytes + [0x22]) }
        }
    }

    @Test(arguments: [
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u00E9\uD834\uDD1E""#, "Aéé\u{1D11E}"),
        (#""\u0000""#, "\u{0}"), ("\"é🦉\u{7F}\"", "é🦉\u{7F}"), (#""""#, ""), ("\u{FEFF}\"a\"", "a"),
    ])
    func texts(text: String, expected: String) throws {
        #expect(try read(text).text.map { Array($0.utf8) } == Array(expected.utf8))
        #expect(isJSON(text))
    }

    @Test func nestingHasALimit() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[{\"a\": ", count: levels / 2) + "1" + String(repeating: "}]", count: levels / 2)
        }
        #expect(try read(nested(64)).list?.count == 1)
        for levels in [66, 2_000_000] {
            let problem = #expect(throws: JSONScanner.Problem.self) { try read(nested(levels)) }
            #expect(problem?.description.contains("more than 64 levels") == true)
        }
    }

    @Test func ofRepeatedKeysTheLastCounts() throws {
        let json = try read(#"{"a": 1, "b": 2, "\u0061": 3, "c": {"a": 4}}"#)
        #expect(json["a"]?.integer == 3 && json["b"]?.integer == 2 && json["c"]?["a"]?.integer == 4)
        #expect(json["d"] == nil && json["a"]?["a"] == nil)
        let members = try #require(json.members)
        #expect(members.map(\.key) == ["b", "a", "c"] && members[1].value.integer == 3)
        #expect(json.compact == #"{"a": 1, "b": 2, "a": 3, "c": {"a": 4}}"#)
    }

    /// Swift takes both spellings for one text.
    @Test func keysAreBytes() throws {
        let json = try read("{\"\u{E9}\": 1, \"e\u{301}\": 2}")
        #expect(json["\u{E9}"]?.integer == 1 && json["e\u{301}"]?.integer == 2 && json.members?.count == 2)
    }

    @Test func sevenDigitsAreWrittenOfARoundedNumber() {
        let numbers: JSON = [.rounded(1.0 / 3), .rounded(2), .rounded(1e-9), .rounded(123_456_789), .rounded(.nan)]
        #expect(numbers.compact == "[0.3333333, 2, 1e-09, 1.234568e+08, null]")
    }

    @Test func aValueOfAnotherKindIsNamed() throws {
        let text = #"{"width": "wide", "share": [0.5], "cased": 2, "accents": 1, "name": null}"#
        let file = try JSONObjectFile(path: "f.json", bytes: Array(text.utf8), remedy: "mend it")
        func description(_ body: () throws -> Void) -> String {
            #expect(throws: Failure.self, performing: body)?.description ?? ""
        }
        #expect(
            description { _ = try file.integer("width", default: 1) }
                == "f.json: expected a whole number as \"width\", found \"wide\"")
        #expect(
            description { _ = try file.number("share", default: 1) }.hasSuffix("a number as \"share\", found [0.5]"))
        #expect(description { _ = try file.flag("cased") }.hasSuffix("expected true or false as \"cased\", found 2"))
        #expect(try file.flag("accents") == true)
        #expect(try file.text("name", default: "none") == "none" && file.text("other", default: "none") == "none")
    }
}
