import Testing

@testable import Electra

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
}
