import TestSupport
import Testing

@testable import ElectraCorpus
@testable import ElectraSupport

/// The words that the normaliser makes of a text.
private func words(_ text: String, _ rules: TextRules = .uncased) -> [String] {
    words(Array(text.utf8), rules).words
}

private func words(_ bytes: [UInt8], _ rules: TextRules = .uncased) -> (words: [String], invalid: Int) {
    let normalizer = BertNormalizer(rules)
    var words: [String] = []
    let invalid = bytes.withUnsafeBufferPointer { line in
        normalizer.forEachWord(in: line) { word, _ in words.append(String(decoding: word, as: UTF8.self)) }
    }
    return (words, invalid)
}

private func tokenizer(_ pieces: [String], _ rules: TextRules = .uncased) throws -> (WordPieceTokenizer, Vocabulary) {
    let vocabulary = try Vocabulary(pieces: Vocabulary.specialPieces + pieces, name: "test")
    return (WordPieceTokenizer(vocabulary, rules), vocabulary)
}

@Suite struct BertNormalizerTests {
    @Test func lowersAndDropsAccents() {
        #expect(words("Déjà VU Ångström İstanbul") == ["deja", "vu", "angstrom", "istanbul"])
        // The same letters in two scalars each.
        #expect(words("De\u{301}ja\u{300}") == ["deja"])
        #expect(words("ΣΊΣΥΦΟΣ") == ["σισυφοσ"])
    }

    @Test func casedKeepsBoth() {
        #expect(
            words("Déjà VU", TextRules(cased: true)).map { Array($0.unicodeScalars) }
                == ["Déjà", "VU"].map { Array($0.unicodeScalars) })
    }

    @Test func splitsAtPunctuation() {
        #expect(
            words("don't stop-it... $5^2`") == [
                "don", "'", "t", "stop", "-", "it", ".", ".", ".", "$", "5", "^", "2", "`",
            ])
        #expect(words("«oui»—non¿") == ["«", "oui", "»", "—", "non", "¿"])
        // A euro sign is category Sc, no punctuation; U+037E becomes a semicolon by NFD.
        #expect(words("5€ a\u{37E}") == ["5€", "a", ";"])
        // U+2260 is "=" with a stroke: NFD leaves "=", and that is none; U+226E leaves "<".
        #expect(words("a\u{226E}b") == ["a", "<", "b"])
    }

    @Test func ideographsStandAlone() {
        #expect(words("在東京tower") == ["在", "東", "京", "tower"])
        // A compatibility ideograph becomes the ordinary one; kana and hangul are letters.
        #expect(words("\u{F900}") == ["豈"])
        #expect(words("カナ", TextRules(cased: true)) == ["カナ"])
        #expect(words("가") == ["\u{1100}\u{1161}"])
    }

    @Test func dropsControlsAndTurnsSpacesIntoSpaces() {
        #expect(words("a\u{0}b\u{200B}c\u{FEFF}d\u{AD}e\u{FFFD}f") == ["abcdef"])
        #expect(words("a\tb\rc\u{A0}d\u{3000}e\u{2028}f") == ["a", "b", "c", "d", "e", "f"])
        // U+0085 and vertical tab are controls before they are spaces.
        #expect(words("a\u{85}b\u{B}c") == ["abc"])
        #expect(words(" \u{200B} ") == [])
        #expect(words("") == [])
    }

    @Test func categoriesAreThoseOfUnicode8() {
        // An unassigned scalar is a letter; so is punctuation that Unicode 9 added (U+2E43), as Hugging Face has it.
        #expect(words("a\u{378}b", TextRules(cased: true)) == ["a\u{378}b"])
        #expect(words("a\u{2E43}b", TextRules(cased: true)) == ["a\u{2E43}b"])
    }

    @Test(
        arguments: [
            [0x61, 0xFF, 0x62], [0x61, 0xC3], [0x61, 0xC0, 0x80], [0xED, 0xA0, 0x80, 0x61],
            [0xF4, 0x90, 0x80, 0x80, 0x61],
            [0xE2, 0x82, 0x61], [0xF0, 0x9F, 0x98], [0x80],
        ] as [[UInt8]])
    func bytesThatAreNotUTF8AreDroppedAndCounted(bytes: [UInt8]) {
        let (found, invalid) = words(bytes)
        #expect(invalid > 0)
        #expect(found.joined() == String(decoding: bytes.filter { $0 < 0x80 }, as: UTF8.self))
    }

    /// What the class of an entry relies on: a scalar becomes a word of its own or letters, never both.
    @Test func noScalarBecomesLettersAndPunctuation() {
        for value in (0x80...0x2FFFF as ClosedRange<UInt32>) {
            guard let scalar = Unicode.Scalar(value), !CharacterTable.isRemoved(scalar), !CharacterTable.isSpace(scalar)
            else { continue }
            let mapped = CharacterTable.mapped(scalar, .uncased)
            if mapped.count > 1
                && mapped.contains(where: { CharacterTable.isPunctuation($0) || CharacterTable.isSpace($0) })
            {
                Issue.record("U+\(String(value, radix: 16)) becomes \(mapped)")
            }
        }
    }
}

@Suite struct WordPieceTests {
    @Test func takesTheLongestPieceFirst() throws {
        let (tokenizer, vocabulary) = try tokenizer(["un", "##aff", "##able", "u", "##n", "##a", "##ff", "able", "a"])
        #expect(tokenizer.ids(of: "unaffable able").map { vocabulary[$0] } == ["un", "##aff", "##able", "able"])
        #expect(vocabulary.text(of: tokenizer.ids(of: "unaffable able")) == "unaffable able")
        // Greedy: "##able" is not tried again after "##aff" led nowhere.
        #expect(tokenizer.ids(of: "unaffx a") == [vocabulary.unknown, 13])
    }

    @Test func aWordIsUnknownAsAWhole() throws {
        let (tokenizer, vocabulary) = try tokenizer(["un", "##aff", "é", "##é", "."])
        #expect(tokenizer.ids(of: "unzaff.un") == [vocabulary.unknown, 9, 5])
        #expect(tokenizer.ids(of: "aff") == [vocabulary.unknown])
    }

    @Test func wordsOfOver100CharactersAreUnknown() throws {
        let (tokenizer, vocabulary) = try tokenizer(["a", "##a", "ж", "##ж"])
        let a100 = String(repeating: "a", count: 100)
        #expect(tokenizer.ids(of: a100) == [5] + [Int32](repeating: 6, count: 99))
        #expect(tokenizer.ids(of: a100 + "a") == [vocabulary.unknown])
        #expect(tokenizer.ids(of: a100 + "a a") == [vocabulary.unknown, 5])
        // Characters are counted, not bytes; and after normalisation: accents do not count.
        #expect(tokenizer.ids(of: String(repeating: "Ж", count: 100)).count == 100)
        #expect(tokenizer.ids(of: String(repeating: "a\u{301}", count: 100)).count == 100)
        #expect(tokenizer.ids(of: String(repeating: "Ж", count: 5000) + " a") == [vocabulary.unknown, 5])
    }

    @Test func piecesEndWithCharacters() throws {
        // Both letters start with the byte 0xD0.
        let (tokenizer, vocabulary) = try tokenizer(["д", "##е"], TextRules(cased: true))
        #expect(tokenizer.ids(of: "де") == [5, 6])
        #expect(tokenizer.ids(of: "дж") == [vocabulary.unknown])
    }

    @Test func textCannotSpellASpecialToken() throws {
        let (tokenizer, _) = try tokenizer(["[", "]", "mask", "#", "##a"])
        #expect(tokenizer.ids(of: "[MASK]") == [5, 7, 6])
        #expect(tokenizer.ids(of: "##a").prefix(2) == [8, 8])
    }

    /// Fixed cases; scripts/check-huggingface compares all of Unicode.
    @Test func placesAreCharactersOfTheText() throws {
        let (tokenizer, _) = try tokenizer(["hello", ",", "w", "##orld", "nai", "##ve", "東", "i", "ss"])
        func places(_ text: String) -> [[Int]] { tokenizer.tokens(of: Array(text.utf8)).map { [$0.start, $0.end] } }
        #expect(
            places("Hello, Wörld naïve 東") == [[0, 5], [5, 6], [7, 8], [8, 12], [13, 16], [16, 18], [19, 20]])
        // Marks of their own belong to the letter before, unless the word ends with them.
        #expect(places("nai\u{308}ve") == [[0, 3], [4, 6]])
        #expect(places("i\u{301} i") == [[0, 1], [3, 4]])
        // One scalar that becomes two; controls that vanish; words that are [UNK].
        #expect(places("İ he\u{0}llo xyz") == [[0, 1], [2, 8], [9, 12]])
        #expect(places(String(repeating: "a", count: 101) + " i") == [[0, 101], [102, 103]])
        #expect(places("") == [])
    }

    /// All of up to four bytes that begin, go on with, or spoil a character.
    @Test func placesAreThoseOfTheTextAsItIsShown() throws {
        let bytes: [UInt8] = [0x41, 0x80, 0xA0, 0xBF, 0xC1, 0xC3, 0xE0, 0xE2, 0xED, 0xF0, 0xF4, 0xFF]
        var texts: [[UInt8]] = [[]]
        for _ in 0..<4 {
            texts = texts.flatMap { text in bytes.map { text + [$0] } }
            let wrong = texts.filter { text in
                let places = CharacterPlaces(text + [0x7A])
                let shown = String(decoding: text + [0x7A], as: UTF8.self).unicodeScalars.count
                return places[text.count] != shown - 1 || places[text.count + 1] != shown || places[0] != 0
            }
            #expect(wrong.isEmpty)
        }
        let (tokenizer, _) = try tokenizer(["i"])
        let tokens = tokenizer.tokens(of: [0x80, 0x80, 0x20, 0xF0, 0x9F, 0x20, 0x69])
        #expect(tokens.map { [$0.start, $0.end] } == [[5, 6]])
    }

    /// What Hugging Face's `tokenizers` gives for these.
    @Test func marksThatStayAreSortedAsNFDDoes() {
        func scalars(_ text: String) -> [[UInt32]] { words(text).map { $0.unicodeScalars.map(\.value) } }
        // Class 230 stays where a dropped mark of class 220 follows; classes 226 and 216 change places.
        #expect(scalars("a\u{1E00D}\u{317}") == [[0x61, 0x1E00D]])
        #expect(scalars("a\u{1D16D}\u{1D165}b") == [[0x61, 0x1D165, 0x1D16D, 0x62]])
        // A control between them is gone before, a letter between them is not.
        #expect(scalars("a\u{1D16D}\u{200D}\u{1D165}") == [[0x61, 0x1D165, 0x1D16D]])
        #expect(scalars("a\u{1D16D}b\u{1D165}") == [[0x61, 0x1D16D, 0x62, 0x1D165]])
        // A note with its stem, which goes behind a mark of a lower class.
        #expect(scalars("\u{1D15E}\u{1134D}") == [[0x1D157, 0x1134D, 0x1D165]])
    }

    /// Time grows with the text: with its square this test would take hours.
    @Test func strayContinuationsBeforeAMarkAreCrossedOnce() {
        let stray = 2_000_000
        let text = [0x61] + [UInt8](repeating: 0x80, count: stray) + Array("\u{1D165}".utf8)
        let found = words(text)
        #expect(found.invalid == stray && found.words == ["a\u{1D165}"])
    }

    @Test func whatASortedMarkStandsFor() throws {
        let pieces = ["\u{1134D}", "η", "##\u{11446}", "\u{1E00D}"]
        let (tokenizer, _) = try tokenizer(pieces)
        func places(_ text: String) -> [[Int]] { tokenizer.tokens(of: Array(text.utf8)).map { [$0.start, $0.end] } }
        #expect(places("\u{A8EB}\u{1134D}") == [[0, 1]])
        #expect(places("\u{1E00D}\u{317}") == [[1, 2]])
        #expect(places("\u{1F9C}\u{FE25}\u{11446}") == [[0, 1], [1, 2]])
    }

    @Test func accentsMayStay() {
        #expect(words("Déjà ÄRGER", TextRules(cased: false, stripAccents: false)) == ["déjà", "ärger"])
        #expect(words("Déjà ÄRGER", TextRules(cased: true, stripAccents: true)) == ["Deja", "ARGER"])
    }
}

@Suite struct VocabularyTests {
    private static let special = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"

    private func vocabulary(_ text: String) throws -> Vocabulary {
        try Vocabulary(bytes: Array(text.utf8), name: "vocab.txt")
    }

    @Test func idsAreLineNumbers() throws {
        let vocabulary = try vocabulary("the\r\n[UNK]\r\n[SEP]\r\n[CLS]\r\n[MASK]\r\n[PAD]\r\n##ing")
        #expect(vocabulary.pieces == ["the", "[UNK]", "[SEP]", "[CLS]", "[MASK]", "[PAD]", "##ing"])
        #expect(vocabulary.padding == 5 && vocabulary.unknown == 1 && vocabulary.classifier == 3)
        #expect(vocabulary.separator == 2 && vocabulary.mask == 4)
        #expect(vocabulary.text(of: [0, 6, 0]) == "theing the")
        #expect(try Vocabulary(bytes: vocabulary.fileContents, name: "again") == vocabulary)
    }

    @Test(arguments: [
        ("[PAD]\n[UNK]\n[CLS]\n[SEP]\n", "no [MASK]"), ("", "no [PAD]"),
    ])
    func refusesWhatIsNone(text: String, reason: String) throws {
        let failure = try #require(throws: Failure.self) { try vocabulary(text) }
        #expect(failure.kind == .badData)
        #expect(failure.description.hasPrefix("vocab.txt: ") && failure.description.contains(reason), "\(failure)")
    }

    @Test func piecesThatOnlyLookTheSameAreTwo() throws {
        #expect(try vocabulary(Self.special + "\u{E9}\ne\u{301}\n").count == 7)
    }
}
