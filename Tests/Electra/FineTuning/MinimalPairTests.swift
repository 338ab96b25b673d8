import ElectraFineTuning
import ElectraSupport
import TestSupport
import Testing

/// Files of minimal pairs.
@Suite struct MinimalPairTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    private func words(_ pairs: [MinimalPair]) -> [String] {
        pairs.map { pair in
            "\(String(decoding: pair.good, as: UTF8.self))|\(String(decoding: pair.bad, as: UTF8.self))|\(pair.phenomenon)"
        }
    }

    private func read(_ name: String, _ text: String) throws -> [String] {
        words(try MinimalPairFile.read(try place.write(name, text)))
    }

    @Test func linesOfBLiMP() throws {
        let line = "\"sentence_good\": \"a b\", \"sentence_bad\": \"b a\", \"lexically_identical\": true"
        let text =
            "{\(line), \"UID\": \"u\", \"linguistics_term\": \"t\"}\n{\(line), \"linguistics_term\": \"t\"}\n{\(line)}\n"
        #expect(try read("x.y.jsonl", text) == ["a b|b a|u", "a b|b a|t", "a b|b a|x"])
        #expect(try read("z.jsonl", "{\"good\": \"a\", \"bad\": \"b\"}") == ["a|b|z"])
    }

    @Test func tables() throws {
        #expect(try read("p.tsv", "a b\tb a\nc\td\n") == ["a b|b a|p", "c|d|p"])
        #expect(try read("p.tsv", "bad\tn\tgood\nb\t1\ta\n") == ["a|b|p"])
        #expect(try read("p.tsv", "good\tphenomenon\tbad\na\tx\tb\nc\ty\td\n") == ["a|b|x", "c|d|y"])
    }

    @Test(arguments: [
        ("p.tsv", "a\tb\nc\n", "p.tsv:2: expected 2 columns (TAB separated)"),
        (
            "p.tsv", "a\n",
            "p.tsv:1: expected 2 columns (TAB separated), good and bad, or a header that names them, found 1"
        ),
        ("p.tsv", "good\tbd\na\tb\n", "p.tsv: no column \"bad\"; it has: good, bd (did you mean \"bd\"?)"),
        ("p.tsv", "good\tbad\n", "a header and nothing else"),
        ("p.tsv", "a\t \n", "p.tsv:1: expected a text in column"),
        ("p.jsonl", "{\"sentence_good\": \"a\"}", "p.jsonl:1: no column \"sentence_bad\"; it has: sentence_good"),
        ("p.jsonl", "{\"good\": 1, \"bad\": \"b\"}", "p.jsonl:1: expected a text as \"good\", found the number 1"),
    ])
    func whatIsWrong(name: String, text: String, message: String) throws {
        let failure = try #require(throws: Failure.self) { try read(name, text) }
        #expect(failure.kind == .badData && failure.description.contains(message), "\(failure)")
    }

    @Test func foldersAreReadFileByFile() throws {
        try place.write("folder/b.tsv", "a\tb\nc\td\ne\tf\n")
        try place.write("folder/a.jsonl", "{\"good\": \"g\", \"bad\": \"h\"}\n")
        try place.write("folder/README.md", "text\n")
        var reader = try MinimalPairReader([place.file("folder"), place.file("folder/b.tsv")])
        var found: [[String]] = []
        while let pairs = try reader.next(2) { found.append(words(pairs)) }
        #expect(found == [["g|h|a"], ["a|b|b", "c|d|b"], ["e|f|b"], ["a|b|b", "c|d|b"], ["e|f|b"]])
        #expect(reader.share == 1)
        #expect(throws: Failure.self) { try MinimalPairReader([place.file("nowhere")]) }
        try place.write("empty/x.txt", "a\tb\n")
        #expect(throws: Failure.self) { try MinimalPairReader([place.file("empty")]) }
    }
}
