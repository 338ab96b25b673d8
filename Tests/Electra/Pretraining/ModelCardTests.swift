import Testing

@testable import ElectraPretraining

@Suite struct ModelCardTests {
    @Test(arguments: [
        ("books (a).txt", "books (a).txt"), ("[x](http://y)", "\\[x\\](http://y)"), ("<b>&amp;", "\\<b\\>\\&amp;"),
        ("a|b\n# c", "a\\|b \\# c"), ("`\u{1B}`", "\\`\\\\u001b\\`"), ("*a*_b_", "\\*a\\*_b_"),
    ])
    func whatMarkdownWouldObeyIsShown(text: String, shown: String) {
        #expect(ModelCard.plain(text) == shown)
    }
}
