import TestSupport
import Testing

@testable import ElectraSupport

@Suite struct TerminalTests {
    @Test(
        arguments: [
            (["TERM": "xterm-256color"], true, true), (["TERM": "linux"], true, true), (["TERM": "dumb"], false, false),
            (["TERM": "unknown"], false, false), (["TERM": ""], false, false), ([:], false, false),
            (["TERM": "xterm", "NO_COLOR": "1"], true, false), (["TERM": "xterm", "NO_COLOR": ""], true, true),
            (["TERM": "dumb", "NO_COLOR": "1"], false, false),
        ] as [([String: String], Bool, Bool)])
    func whatATerminalUnderstands(environment: [String: String], sequences: Bool, colours: Bool) {
        #expect(Terminal.understandsSequences { environment[$0] } == sequences)
        #expect(Terminal.wantsColours { environment[$0] } == colours)
    }

    @Test(arguments: [
        ("plain text, é, 漢字, a\tb\nc", "plain text, é, 漢字, a\tb\nc"), ("\u{1B}[2Jx", "\\u001b[2Jx"),
        ("\r\u{7}\u{7F}", "\\u000d\\u0007\\u007f"),
        ("\u{9B}31m", "\\u009b31m"), ("a\u{202E}b\u{2066}c\u{2028}d", "a\\u202eb\\u2066c\\u2028d"),
        ("\u{1B}[0mown\u{1B}[1m", "\u{1B}[0mown\\u001b[1m"),
    ])
    func whatATerminalWouldObeyIsShown(text: String, shown: String) {
        #expect(Terminal.printable(text, keeping: ["\u{1B}[0m"]) == shown)
    }

    @Test(arguments: [
        ("a b c", "a b c"), ("", ""),
        (String(repeating: "word ", count: 17), String(repeating: "word ", count: 15) + "word\nword"),
    ])
    func linesAreFolded(text: String, expected: String) {
        #expect(folded(text) == expected)
        let indented = folded(text, indentation: "  ").split(separator: "\n")
        #expect(indented.allSatisfy { $0.hasPrefix("  ") && $0.count <= 80 })
    }
}
