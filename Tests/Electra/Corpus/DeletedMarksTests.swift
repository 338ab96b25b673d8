import Foundation
import TestSupport
import Testing

@testable import ElectraCorpus

private func deleted(_ text: String, _ rules: TextRules = .uncased) -> DeletedMarks {
    let normalizer = BertNormalizer(rules)
    Array(text.utf8).withUnsafeBufferPointer { line in _ = normalizer.forEachWord(in: line) { _, _ in } }
    return normalizer.takeDeletedMarks()
}

private func losses(_ text: String, _ rules: TextRules = .uncased) -> [Script: Int] {
    let marks = deleted(text, rules)
    return Dictionary(uniqueKeysWithValues: Script.allCases.filter { marks[$0] > 0 }.map { ($0, marks[$0]) })
}

@Suite struct DeletedMarksTests {
    /// Marks counted by hand. Texts in which other words stand without them.
    @Test(
        arguments: [
            ("हिन्दी", .devanagari, 1), ("क़लम", .devanagari, 1), ("বাংলাদেশের নৃত্য", .bengali, 2),
            ("ਪੰਜਾਬੀ ਕੁੱਤਾ", .gurmukhi, 3), ("ગુજરાતી", .gujarati, 1), ("ଓଡ଼ିଆ", .oriya, 2), ("தமிழ்", .tamil, 1),
            ("తెలుగు", .telugu, 1), ("ಕನ್ನಡ", .kannada, 1), ("മലയാളം കുട്ടി", .malayalam, 2), ("සිංහල", .sinhala, 1),
            ("ภาษาไทยที่นี่", .thai, 4), ("ພາສາລາວທີ່", .lao, 2), ("བོད་སྐད", .tibetan, 2), ("မြန်မာ", .myanmar, 1),
            ("ភាសាខ្មែរ", .khmer, 1), ("سأل القرآن", .arabic, 2), ("كَتَبَ", .arabic, 3), ("שָׁלוֹם", .hebrew, 3),
            ("がっこうでパン", .kana, 3), ("ガッコウ", .kana, 1), ("한국어", .hangul, 3), ("мой їжак", .cyrillic, 2),
            ("Việt Nam đẹp lắm, người ơi", .latin, 6), ("ދިވެހި", .thaana, 3),
        ] as [(String, Script, Int)])
    func whatMakesOtherWordsIsCounted(text: String, script: Script, count: Int) {
        #expect(losses(text) == [script: count], "\(text)")
        #expect(losses(text, TextRules(cased: false, stripAccents: false)).isEmpty)
        #expect(losses(text, TextRules(cased: true)).isEmpty)
        #expect(losses(text, TextRules(cased: true, stripAccents: true)) == [script: count], "\(text)")
    }

    /// Accents that print leaves out as well, and what is no mark of a letter.
    @Test(arguments: [
        "Ça va, naïve façade, Ångström, Žižek, ÇĞİÖŞÜ çğıöşü", "Ελληνικά, Αθήνα, ϊΰ, ᾳᾆ", "ёлка Ёж, за\u{301}мок, ѝ",
        "東京 \u{FA10} 漢字", "❤\u{FE0F} 葛\u{E0100} 1\u{FE0F}\u{20E3}", "plain ASCII, 100 %", "Ω Å K",
        "ქართული հայերեն አማርኛ",
        "می\u{200C}خواهم",
    ])
    func whatNobodyMissesIsNot(text: String) {
        #expect(losses(text).isEmpty, "\(text)")
        #expect(losses(text.decomposedStringWithCanonicalMapping).isEmpty, "\(text), decomposed")
    }

    /// As other systems write it: the mark behind the letter.
    @Test(
        arguments: [
            ("мой їжак", .cyrillic, 2), ("がパ", .kana, 2), ("hỏi ơi ạ", .latin, 3), ("سأل آن", .arabic, 2),
            ("क़", .devanagari, 1),
        ] as [(String, Script, Int)])
    func decomposedTextLosesTheSame(text: String, script: Script, count: Int) {
        #expect(losses(text) == [script: count])
        #expect(losses(text.decomposedStringWithCanonicalMapping) == [script: count])
    }

    /// In every scalar that the table can be asked for, what is called a loss is one: the normaliser changes the scalar,
    /// beyond its case.
    @Test func onlyWhatChangesIsALoss() {
        var found = 0
        for value in UInt32(0x80)...0x1_FFFF {
            guard let scalar = Unicode.Scalar(value), DeletedMarks.loss(of: scalar) != nil else { continue }
            found += 1
            let kept = CharacterTable.mapped(scalar, TextRules(cased: true))
            let stripped = CharacterTable.mapped(scalar, TextRules(cased: true, stripAccents: true))
            if kept == stripped { Issue.record("U+\(String(value, radix: 16)) stays") }
        }
        #expect(found > 12_000)
    }

    @Test func aNoteIsForMoreThanNames() throws {
        let note = try #require(
            deleted("हिन्दी 한국 мой がパ सौ สี่ కి").note(words: 7, remedy: "--keep-accents leaves them"))
        #expect(
            note == "note: without accents, as is the default, the text lost marks that make other words: 2 of Thai, "
                + "2 of Hangul (syllables came apart), 2 of Kana (が became か), 1 of Cyrillic (й became и), 2 of others; "
                + "--keep-accents leaves them (docs/languages.md)")
        #expect(deleted("हिन्दी").note(words: 1000, remedy: "") == nil)
        #expect(deleted("हिन्दी").note(words: 999, remedy: "") != nil)
        #expect(deleted("naïve").note(words: 1, remedy: "") == nil)
    }

    @Test(arguments: [1, 3])
    func prepareSaysIt(threads: Int) throws {
        let place = try Workplace()
        // Several batches.
        try place.write("corpus.txt", String(repeating: "हिन्दी में мой ёж\n\n", count: 12_000))
        var notes: [String] = []
        var preparation = PrepareCorpus(corpus: [place.file("corpus.txt")], output: place.file("data"))
        preparation.threads = threads
        _ = try preparation.run { notes.append($0) }
        #expect(
            notes == [
                "note: without accents, as is the default, the text lost marks that make other words: "
                    + "36000 of Devanagari, 12000 of Cyrillic (й became и); --keep-accents leaves them (docs/languages.md)"
            ])
        notes = []
        preparation.rules = TextRules(cased: false, stripAccents: false)
        _ = try preparation.run { notes.append($0) }
        #expect(notes.isEmpty)
        // A vocabulary that has no such marks either is no use with --keep-accents.
        try place.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nहिनदी\nम\nмои\nеж\n")
        preparation.vocabulary = NamedVocabulary(
            try Vocabulary(path: place.file("vocab.txt")), nil, file: place.file("vocab.txt"))
        preparation.rules = .uncased
        _ = try preparation.run { notes.append($0) }
        #expect(
            notes.count == 1 && notes[0].contains("; a vocabulary made with --keep-accents, and prepare with the same"))
    }
}
