import Foundation
import TestSupport
import Testing

@testable import ElectraCorpus
@testable import ElectraHuggingFace
@testable import ElectraKernels
@testable import ElectraSupport

/// A text, a vocabulary and rules that do not go together, and what is said of it.
private struct Misfit: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    /// Words and pieces beside the special ones; nil: made of the text.
    let pieces: [String]?
    var rules = TextRules.uncased
    let reason: [String]
    var testDescription: String { name }
}

private let letters = "abcdefghijklmnopqrstuvwxyz".flatMap { ["\($0)", "##\($0)"] }
private let punctuation = [".", ",", "-", "+", "/", "="]
private func phrase(_ words: String, _ count: Int) -> String { String(repeating: words, count: count) }

private let misfits = [
    Misfit(
        name: "Thai without spaces", text: phrase("ภาษาไทยไม่มีช่องว่างระหว่างคำ", 9), pieces: nil,
        reason: ["100 % of these are longer than 100 characters", "Thai has no spaces", "docs/languages.md"]),
    Misfit(
        name: "Lao without spaces", text: phrase("ພາສາລາວບໍ່ມີຊ່ອງຫວ່າງ", 9), pieces: nil, reason: ["Lao has no spaces"]),
    Misfit(
        name: "Khmer without spaces", text: phrase("ភាសាខ្មែរមិនមានដកឃ្លា", 9), pieces: nil,
        reason: ["Khmer has no spaces"]),
    Misfit(
        name: "Burmese without spaces", text: phrase("မြန်မာဘာသာစကား", 15), pieces: nil, reason: ["Myanmar has no spaces"]
    ),
    Misfit(
        name: "Japanese in kana", text: phrase("ひらがなだけでかくことば", 12), pieces: nil, reason: ["Kana has no spaces"]),
    Misfit(
        name: "base64", text: phrase("aGVsbG8gd29ybGQ", 12), pieces: letters,
        reason: ["longer than 100 characters", "base64, URLs, DNA", "leave that out"]),
    Misfit(name: "DNA", text: phrase("GATTACA", 20), pieces: nil, reason: ["longer than 100 characters", "DNA"]),
    Misfit(
        name: "Russian with an English vocabulary", text: "все счастливые семьи похожи друг на друга, the end.",
        pieces: letters + punctuation, reason: ["100 % of these have letters of Cyrillic", "leave --vocab out"]),
    Misfit(
        name: "Arabic with an English vocabulary", text: "كل العائلات السعيدة", pieces: letters,
        reason: ["letters of Arabic", "leave --vocab out"]),
    Misfit(
        name: "Chinese with an English vocabulary", text: "幸福的家庭都是相似的", pieces: letters,
        reason: ["letters of Han", "leave --vocab out"]),
    Misfit(
        name: "Korean with an English vocabulary", text: "행복한 가정은 모두", pieces: letters, reason: ["letters of Hangul"]),
    Misfit(
        name: "emoji", text: "so 😀 🎉 🎈 ok 😀", pieces: letters,
        reason: ["have signs and emoji that the vocabulary lacks"]),
    Misfit(
        name: "two scripts", text: "семьи друга 家 庭", pieces: letters,
        reason: ["50 % of these have letters of Cyrillic that the vocabulary lacks, and 50 % have letters of Han that"]),
    Misfit(
        name: "several reasons", text: "семьи " + phrase("ครอบครัว", 20), pieces: letters,
        reason: ["first (docs/languages.md); and 50 % have letters of Cyrillic"]),
    Misfit(
        name: "a Vietnamese vocabulary, text without accents", text: "tiếng Việt và người đẹp",
        pieces: ["tiếng", "việt", "và", "người", "đẹp"],
        reason: ["100 % of these have pieces but for the accents, which the vocabulary has: add --keep-accents"]),
    Misfit(
        name: "a French vocabulary with pieces of words", text: "élégamment dégénéré",
        pieces: ["él", "##é", "##gamment", "dé", "##gén", "##ér"], reason: ["add --keep-accents"]),
    Misfit(
        name: "a Hindi vocabulary, text without accents", text: "हिन्दी में किताब", pieces: ["हिन्दी", "में", "कि", "##ताब"],
        reason: ["add --keep-accents"]),
    Misfit(
        name: "a cased vocabulary, text without capitals", text: "Paris Berlin Ångström",
        pieces: ["Paris", "Berlin", "Ångström"],
        reason: ["but for the capitals and accents, which the vocabulary has: add --cased"]),
    Misfit(
        name: "a cased vocabulary, text with accents", text: "Paris Ångström", pieces: ["Paris", "Ångström"],
        rules: TextRules(cased: false, stripAccents: false),
        reason: ["but for the capitals, which the vocabulary has: --cased in the place of --keep-accents"]),
    Misfit(
        name: "an uncased vocabulary, text with capitals", text: "PARIS Café Berlin",
        pieces: ["paris", "cafe", "berlin"],
        rules: TextRules(cased: true),
        reason: ["but for the capitals and accents, which the vocabulary has not: leave --cased out"]),
    Misfit(
        name: "a vocabulary with accents, text with capitals", text: "PARIS Café Tété",
        pieces: ["paris", "café", "tété"],
        rules: TextRules(cased: true),
        reason: ["but for the capitals, which the vocabulary has not: --keep-accents in the place of --cased"]),
    Misfit(
        name: "a vocabulary without accents, text with accents", text: "café tété déjà",
        pieces: ["cafe", "tete", "deja"],
        rules: TextRules(cased: false, stripAccents: false),
        reason: ["but for the accents, which the vocabulary has not: leave --keep-accents out"]),
    Misfit(
        name: "letters, but no pieces", text: "stone note tones", pieces: ["s", "t", "o", "n", "e"],
        reason: ["have no pieces in the vocabulary, though their letters are there"]),
]

private func prepare(
    _ place: Workplace, _ change: (inout PrepareCorpus) -> Void
) -> (notes: [String], result: Result<PrepareCorpus.Summary, Failure>) {
    var preparation = PrepareCorpus(corpus: [place.file("corpus.txt")], output: place.file("data"))
    preparation.threads = 1
    preparation.maximumLength = 32
    preparation.vocabularySize = 200
    change(&preparation)
    var notes: [String] = []
    do throws(Failure) {
        let summary = try preparation.run { notes.append($0) }
        return (notes, .success(summary))
    } catch {
        return (notes, .failure(error))
    }
}

private func write(_ pieces: [String], to place: Workplace) throws -> String {
    try place.write("vocab.txt", (Vocabulary.specialPieces + pieces).joined(separator: "\n") + "\n")
}

@Suite struct UnknownWordsTests {
    @Test(arguments: misfits)
    private func mostlyUnknownTextIsRefusedWithTheReason(misfit: Misfit) throws {
        let place = try Workplace()
        try place.write("corpus.txt", phrase(misfit.text + "\n\n", 20))
        let vocabulary = try misfit.pieces.map { try NamedVocabulary(try write($0, to: place)) }
        let refused = prepare(place) {
            $0.vocabulary = vocabulary
            $0.rules = misfit.rules
        }
        guard case .failure(let failure) = refused.result else {
            Issue.record("not refused: \(refused)")
            return
        }
        #expect(failure.kind == .badData)
        for part in ["corpus.txt: ", " are [UNK] (", ", most often “", "--allow-unknown insists"] + misfit.reason {
            #expect(failure.description.contains(part), "\(failure)")
        }
        #expect(!failure.description.contains("\n"))
        #expect(FileAccess.kind(of: place.file("data")) == .missing)

        let insisted = prepare(place) {
            $0.vocabulary = vocabulary
            $0.rules = misfit.rules
            $0.allowsUnknown = true
        }
        let summary = try insisted.result.get()
        #expect(summary.unknownWords.contains("are [UNK] ("))
        let said = insisted.notes.joined(separator: "\n")
        for part in misfit.reason { #expect(said.contains(part), "\(said)") }
        let data = try DataSet(place.file("data"))
        #expect(data.manifest.words! >= data.manifest.unknownTokens && data.manifest.unknownTokens > 0)
        #expect(try #require(data.manifest.noteOnUnknown("data")).contains("% of its words are [UNK]"))

        // Another refusal leaves it as it is.
        let identity = data.identity
        if case .success = prepare(
            place,
            {
                $0.vocabulary = vocabulary; $0.rules = misfit.rules
            }
        ).result {
            Issue.record("not refused")
        }
        #expect(try DataSet(place.file("data")).identity == identity)
    }

    @Test(arguments: [(0, false, true), (1, false, true), (2, true, true), (30, true, true), (31, true, false)])
    func theShareDecides(lost: Int, isNoted: Bool, isMade: Bool) throws {
        let place = try Workplace()
        let words = Array(repeating: "word", count: 100 - lost) + Array(repeating: "слово", count: lost)
        try place.write("corpus.txt", words.joined(separator: " ") + "\n" + words.joined(separator: "\n") + "\n")
        let vocabulary = try write(letters, to: place)
        let (notes, result) = prepare(place) { $0.vocabulary = try? NamedVocabulary(vocabulary) }
        #expect(notes.count == (isNoted && isMade ? 1 : 0))
        guard isMade else {
            if case .success = result { Issue.record("not refused") }
            return
        }
        let summary = try result.get()
        #expect(
            summary.unknownWords
                == (lost == 0
                    ? "none of 200 words is [UNK]"
                    : "\(2 * lost) of 200 words are [UNK] (\(lost).00 %), most often “слово” (\(2 * lost))"))
        #expect((summary.manifest.noteOnUnknown("data") != nil) == isNoted)
    }

    @Test func aRefusalIsAnnouncedOnceTheTextIsLong() throws {
        let vocabulary = try Vocabulary(pieces: Vocabulary.specialPieces + letters, name: "")
        for (lost, allowed, announced) in [(3, false, 0), (4, false, 1), (4, true, 0)] {
            var report = TextReport(
                corpus: "corpus", vocabulary, isVocabularyMade: false, .uncased, allowsUnknown: allowed)
            var notes: [String] = []
            for _ in 0..<4 {
                let batch = TokenizedBatch(
                    TextBatch(
                        path: "corpus", format: .lines, bytes: [], firstLine: 0, continuesLine: false, cutsLine: false,
                        endsFile: false))
                batch.textBytes = 40 << 20
                batch.unknownWords.words = 10
                Array("слово".utf8).withUnsafeBufferPointer { batch.unknownWords.unspelt.add($0, times: lost) }
                report.add(batch) { notes.append($0) }
            }
            #expect(notes.count == announced)
            #expect(
                notes.allSatisfy { $0.contains("8 of 20 words are [UNK] (40.00 %)") && $0.contains("--allow-unknown") })
        }
    }

    @Test func theNumberOfThreadsDoesNotShow() throws {
        let place = try Workplace()
        // More different words than are remembered, in many batches.
        let words = (0..<100_000).map { $0 % 5 == 0 ? "часто" : $0 % 7 == 0 ? "реже" : "слово\($0)" }
        try place.write("corpus.txt", words.joined(separator: " ").replacing("0 ", with: "0\n"))
        let vocabulary = try write(letters, to: place)
        let found = [1, 2, 5].map { threads in
            prepare(place) {
                $0.vocabulary = try? NamedVocabulary(vocabulary)
                $0.threads = threads
                $0.allowsUnknown = true
            }
        }
        let summaries = try found.map { try $0.result.get().unknownWords }
        #expect(summaries[0].contains("100000 of 100000 words are [UNK] (100.00 %), most often “часто” ("))
        #expect(Set(summaries).count == 1 && Set(found.map(\.notes)).count == 1)
    }

    @Test func aDataSetOfAnEarlierVersionHasNoWords() throws {
        let place = try Workplace()
        try place.write("corpus.txt", phrase("one two three слово\n\n", 50))
        let vocabulary = try write(letters, to: place)
        _ = try prepare(place) { $0.vocabulary = try? NamedVocabulary(vocabulary) }.result.get()
        let identity = try DataSet(place.file("data")).identity
        let text = String(decoding: try place.bytes("data/manifest.json"), as: UTF8.self)
        #expect(text.contains("  \"words\" : 200\n"))
        try place.write("data/manifest.json", text.replacing(",\n  \"words\" : 200\n", with: "\n"))
        let old = try DataSet(place.file("data"))
        #expect(old.manifest.words == nil && old.identity == identity)
        #expect(old.manifest.unknownShare.what == "tokens" && old.manifest.unknownShare.count == 50)
        #expect(try #require(old.manifest.noteOnUnknown("data")).contains("% of its tokens are [UNK]"))
    }

    @Test func aVocabularyOfNothingSaysWhy() throws {
        let place = try Workplace()
        for (text, reason) in [
            (phrase("ภาษาไทยไม่มีช่องว่างระหว่างคำ", 9), "Thai has no spaces"), ("\n \n", "name files with text"),
        ] {
            try place.write("corpus.txt", text)
            do throws(Failure) {
                _ = try CorpusVocabulary.train(
                    VocabularyTrainer(), corpus: [place.file("corpus.txt")], except: place.file("v.txt"),
                    rules: .uncased,
                    threads: 1)
                Issue.record("not refused")
            } catch {
                #expect(error.description.contains("no word in this corpus to learn from"))
                #expect(error.description.contains(reason), "\(error)")
            }
        }
    }
}

@Suite struct FrequentWordsTests {
    private func add(_ word: String, _ times: Int = 1, to words: FrequentWords) {
        Array(word.utf8).withUnsafeBufferPointer { words.add($0, times: times) }
    }

    @Test func fewWordsAreCountedExactly() {
        let words = FrequentWords(places: 8)
        for word in ["b", "a", "c", "a", "b", "b", "a"] { add(word, to: words) }
        let other = FrequentWords(places: 8)
        add("c", 5, to: other)
        words.add(other)
        #expect(words.total == 12)
        #expect(words.commonest(2).map(\.word) == ["c", "a"] && words.commonest(9).map(\.count) == [6, 3, 3])
    }

    /// A word of more than a share of 2 / places of all is never lost, and no count is too high.
    @Test func memoryIsBoundedAndTheCommonestStay() throws {
        let places = 64
        let words = FrequentWords(places: places)
        var exact: [String: Int] = [:]
        var largest = 0
        var parts = FrequentWords(places: places)
        for number in 0..<20_000 {
            let chance = RandomStream(seed: 3, .packing, step: number)
            let word =
                number % 9 == 0 ? "often" : number % 16 == 0 ? "seldom" : "rare \(chance.integer(0, below: 1 << 20))"
            exact[word, default: 0] += 1
            add(word, to: words)
            add(word, to: parts)
            largest = max(largest, words.count)
            if number % 700 == 699 {
                words.add(parts)
                parts = FrequentWords(places: places)
            }
        }
        #expect(largest <= places && words.total > 39_000)
        #expect(words.commonest(2).map(\.word) == ["often", "seldom"])
        for (word, count) in words.commonest(places) {
            let upper = 2 * (try #require(exact[word]))
            #expect(count <= upper && count >= upper - 2 * words.total / places - 700)
        }
    }
}
