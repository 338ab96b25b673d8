import Foundation
import TestSupport
import Testing

@testable import ElectraCorpus
@testable import ElectraHuggingFace
@testable import ElectraSupport

/// Vocabularies as they are published, and files that are none. The ids are those of transformers 5.
@Suite struct WildVocabularyTests {
    private static let special = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"

    private func vocabulary(_ text: String) throws -> Vocabulary {
        try Vocabulary(bytes: Array(text.utf8), name: "vocab.txt")
    }

    private func ids(_ text: String, _ vocabulary: Vocabulary) -> [Int32] {
        WordPieceTokenizer(vocabulary, .uncased).ids(of: text)
    }

    @Test(arguments: [
        ("blank in the middle", special + "a\n\nb\nc\n", [5, 7, 8, 1, 1], 9),
        ("blank at the end", special + "a\nb\nc\n\n\n", [5, 6, 7, 1, 1], 8),
        ("blank first", "\n" + special + "a\nb\nc\n", [6, 7, 8, 2, 2], 9),
        ("only spaces", special + "a\n  \nb\nc\n \n", [5, 7, 8, 1, 1], 9),
        ("doubled", special + "a\nb\na\nc\n", [7, 6, 8, 1, 1], 9),
        ("doubled at the end", special + "a\nb\nc\na\n", [8, 6, 7, 1, 1], 9),
        ("a special piece doubled", special + "a\n[UNK]\nb\n[SEP]\nc\n", [5, 7, 9, 6, 6], 10),
        ("spaces after pieces", special + "a \nb\t\nc\n", [5, 6, 7, 1, 1], 8),
        ("other spaces after pieces", special + "a\u{A0}\nb\u{3000}\nc\n", [5, 6, 7, 1, 1], 8),
        ("spaces before pieces", special + " a\nb\nc\n", [1, 6, 7, 1, 1], 8),
        ("doubled but for a space", special + "a\na \nb\nc\n", [6, 7, 8, 1, 1], 9),
        ("CR LF", (special + "a\nb\n\nc\n").replacing("\n", with: "\r\n"), [5, 6, 8, 1, 1], 9),
        ("a line separator inside", special + "a\u{2028}b\nb\nc\n", [1, 6, 7, 1, 1], 8),
    ])
    func idsStayLineNumbers(name: String, text: String, expected: [Int32], count: Int) throws {
        let vocabulary = try vocabulary(text)
        #expect(ids("a b c [x", vocabulary) == expected && vocabulary.count == count, "\(name)")
        // As it is written, and as transformers would read our tokenizer.json.
        let again = try Vocabulary(bytes: vocabulary.fileContents, name: "again")
        #expect(again == vocabulary && again.numbersAlike(vocabulary))
        let place = try Workplace()
        try TokenizerFiles(vocabulary: vocabulary, rules: .uncased).write(to: place.path)
        let read = try TokenizerFiles(folder: place.path).vocabulary
        #expect(ids("a b c [x", read) == expected && read.numbersAlike(vocabulary))
        let json = String(decoding: try place.bytes("tokenizer.json"), as: UTF8.self)
        #expect(!json.contains("\"\":") && json.components(separatedBy: "\"a\":").count <= 2)
    }

    @Test func whatIsOddIsTold() throws {
        #expect(try vocabulary(Self.special + "a\nb\n\n").oddity == nil)
        let odd = try #require(try vocabulary(Self.special + "a\n\nb\na\na\n").oddity)
        #expect(odd.hasPrefix("1 blank line and 2 doubled lines"))
        #expect(try !vocabulary(Self.special + "a\nb\na\n").numbersAlike(vocabulary(Self.special + "a\nb\n\n")))
        #expect(try !vocabulary(Self.special + "a\nb\n").numbersAlike(vocabulary(Self.special + "a\nb\nc\n")))
        #expect(try !vocabulary(Self.special + "\u{E9}\n").numbersAlike(vocabulary(Self.special + "e\u{301}\n")))
    }

    /// What it looks like, and what to do.
    @Test(arguments: [
        ("", "an empty file", "vocabulary learns"),
        (
            "<unk>\t0\n<s>\t0\n</s>\t0\n\u{2581}the\t-3.1\n\u{2581}of\t-3.6\n", "SentencePiece's table",
            "learns WordPieces"
        ),
        ("<unk>\n<s>\n\u{2581}the\n\u{2581}of\ns\n", "pieces of SentencePiece", "learns WordPieces"),
        ("[PAD]\t0\n[UNK]\t0\n[CLS]\t1\n[SEP]\t2\n[MASK]\t0\nthe\t99\n", "a table with tabs", "cut -f1 FILE"),
        ("0\t[PAD]\n1\t[UNK]\n2\t[CLS]\n3\t[SEP]\n4\t[MASK]\n", "a table with tabs", "cut -f2 FILE"),
        ("[PAD] 0\n[UNK] 0\n[CLS] 1\n[SEP] 2\n[MASK] 0\nthe 99\n", "a table with spaces", "cut -f1 -d' ' FILE"),
        ("[PAD],0\n[UNK],1\n[CLS],2\n[SEP],3\n[MASK],4\n", "a table with commas", "cut -f1 -d, FILE"),
        ("the\t99\nof\t45\nand\t44\n", "a table with tabs", "none of which has [PAD]"),
        ("#version: 0.2\nt h\nth e\n", "merges of a byte-pair tokenizer", "learns WordPieces"),
        ("<s>\n<pad>\n\u{120}the\n\u{120}of\nx\n", "a byte-level tokenizer", "learns WordPieces"),
        ("<pad>\n<unk>\n<s>\nthe\n##s\n", "other special pieces (<pad>)", "[PAD] [UNK] [CLS]"),
        ("[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\n", "without [MASK]", "at the end"),
        ("It was a dark night.\nThe rain fell in torrents.\n", "text, not a vocabulary", "name it with --corpus"),
        ("{\"a\": 0,\n \"b\": 1}\n", "JSON", "name it tokenizer.json"),
    ])
    func whatIsNoneIsNamed(text: String, looks: String, remedy: String) throws {
        let failure = try #require(throws: Failure.self) { try vocabulary(text) }
        let description = failure.description
        #expect(
            failure.kind == .badData && description.hasPrefix("vocab.txt: no ") && description.contains(looks),
            "\(failure)")
        #expect(description.contains(remedy) && !description.contains("\n"), "\(failure)")
    }

    private static let tokenizer = #"""
        {"added_tokens": [{"id": 9, "content": "ab", "normalized": true}],
         "normalizer": {"type": "BertNormalizer", "lowercase": false}, "pre_tokenizer": {"type": "BertPreTokenizer"},
         "model": {"continuing_subword_prefix": "##", "vocab":
         {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "a": 5, "A": 7, "x y": 6}}}
        """#

    /// Whatever `--vocab` names; the file itself is not read as text where it lies in the corpus.
    @Test func aFileOrAFolderIsNamed() throws {
        let place = try Workplace()
        try place.write("vocab.txt", Self.special + "a\nA\n")
        #expect(try NamedVocabulary(place.file("vocab.txt")).rules == nil)
        try place.write("pieces/vocab.txt", Self.special + "a\nA\n")
        let pieces = try NamedVocabulary(place.file("pieces"))
        #expect(pieces.rules == nil && pieces.vocabulary.count == 7 && pieces.file == place.file("pieces/vocab.txt"))

        // An older file, which does not name the type of its model, and has a gap in its ids.
        try place.write("t.json", Self.tokenizer)
        try place.write("model/tokenizer.json", Self.tokenizer)
        try place.write("model/tokenizer_config.json", #"{"do_lower_case": false}"#)
        for path in ["t.json", "model"] {
            let named = try NamedVocabulary(place.file(path))
            #expect(named.rules == TextRules(cased: true) && named.vocabulary.count == 10)
            #expect(
                WordPieceTokenizer(named.vocabulary, TextRules(cased: true)).ids(of: "a A xabA") == [5, 7, 1, 9, 7])
        }

        // What export writes, named as a whole; a data set, whose manifest has the rules.
        let whole = try Vocabulary(pieces: Vocabulary.specialPieces + ["ka", "to"], name: "test")
        try FileAccess.makeFolder(place.file("export/discriminator"))
        try TokenizerFiles(vocabulary: whole, rules: TextRules(cased: false, stripAccents: false))
            .write(to: place.file("export/discriminator"))
        let export = try NamedVocabulary(place.file("export"))
        #expect(export.vocabulary == whole && export.rules?.stripsAccents == false)
        var prepare = PrepareCorpus(corpus: [try place.write("c.txt", text(documents: 9))], output: place.file("data"))
        prepare.allowsUnknown = true
        prepare.vocabulary = try NamedVocabulary(place.file("model"))
        prepare.rules = TextRules(cased: true)
        _ = try prepare.run { _ in }
        let data = try NamedVocabulary(place.file("data"))
        #expect(data.rules == TextRules(cased: true) && data.vocabulary.addedWords.map(\.text) == ["ab"])
        #expect(data.vocabulary == (try DataSet(place.file("data")).vocabulary))
    }

    @Test(arguments: [
        (#"{"model": {"type": "BPE", "vocab": {"a": 0}}}"#, "found BPE"),
        (#"{"model": {"type": "Unigram", "vocab": [["a", 0]]}}"#, "found Unigram"),
        (#"{"[PAD]": 0, "[UNK]": 1, "a": 2}"#, "(vocab.json)"), (#"{"hidden_size": "x"}"#, "JSON of another kind"),
        (tokenizer.replacing("\"##\"", with: "\"@@\""), "found @@"),
        (tokenizer.replacing("\"A\": 7", with: "\"A\": 5"), "have one id, 5"),
        (tokenizer.replacing("\"A\": 7", with: "\"A\": 99999999999"), "no table of pieces"),
        (tokenizer.replacing("\"BertPreTokenizer\"", with: "\"Whitespace\""), "found Whitespace"),
    ])
    func otherJSONIsNamed(json: String, reason: String) throws {
        let place = try Workplace()
        let path = try place.write("tokenizer.json", json)
        let failure = try #require(throws: Failure.self) { try NamedVocabulary(path) }
        #expect(failure.kind == .badData && failure.description.hasPrefix(path), "\(failure)")
        #expect(failure.description.contains(reason), "\(failure)")
        #expect(try #require(throws: Failure.self) { try NamedVocabulary(place.path) } == failure)
    }
}
