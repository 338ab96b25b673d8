import TestSupport
import Testing

@testable import ElectraCorpus

/// Which characters a learnt vocabulary has, and what is said about the others.
@Suite struct AlphabetTests {
    private func learn(_ counts: [String: Int], size: Int, coverage: Double? = nil) -> LearntPieces {
        let words = WordTable()
        for (word, count) in counts { Array(word.utf8).withUnsafeBufferPointer { words.add($0, times: count) } }
        var trainer = VocabularyTrainer()
        trainer.size = size
        trainer.characterCoverage = coverage
        return trainer.train(on: words)
    }

    private func scalars(from first: UInt32, count: Int) -> [String] {
        (0..<count).map { String(Unicode.Scalar(first + UInt32($0))!) }
    }

    /// Words of their own (Chinese), in both places (Hangul), only inside of words (vowel signs of Hindi).
    @Test func aCharacterTakesThePiecesThatItNeedsAndNoMore() {
        let instances: [(words: [String], size: Int)] = [
            (scalars(from: 0x4E00, count: 195), 200),
            (scalars(from: 0xAC00, count: 97).map { $0 + $0 }, 200),
            (scalars(from: 0x093E, count: 15).map { "\u{0915}" + $0 }, 64),
        ]
        for (words, size) in instances {
            let counts = Dictionary(uniqueKeysWithValues: words.map { ($0, 1) })
            for learnt in [learn(counts, size: size), learn(counts, size: size, coverage: 1)] {
                let pieces = Set(learnt.texts.map { Array($0.utf8) })
                #expect(pieces.count == learnt.texts.count && pieces.count <= size)
                let missing = words.filter { word in
                    word.unicodeScalars.enumerated().contains { place, scalar in
                        !pieces.contains(Array(((place == 0 ? "" : "##") + String(scalar)).utf8))
                    }
                }
                #expect(missing.isEmpty)
                #expect(learnt.leftOut.note == nil)
            }
        }
    }

    /// 5 reserved pieces and 56 characters leave 3 of 64 places for a rare character and for pairs of 127, 126, 125, ...
    @Test func aCharacterWeighsTenPairs() {
        let (left, right) = (scalars(from: 0x0430, count: 28), scalars(from: 0x0561, count: 28))
        let words = zip(left, right).enumerated().map { ($1.0 + $1.1, 100 + $0) }
        let instances: [(Int, coverage: Double?, isIn: Bool)] = [
            (12, nil, false), (13, nil, true), (1, nil, false), (1, 1, true),
        ]
        for (count, coverage, isIn) in instances {
            let counts = Dictionary(uniqueKeysWithValues: words + [("\u{6771}", count)])
            let learnt = learn(counts, size: 64, coverage: coverage)
            #expect(learnt.texts.count == 64)
            #expect(learnt.texts.contains("\u{6771}") == isIn, "\(count) times, coverage \(coverage ?? 0)")
            #expect((learnt.leftOut.note == nil) == isIn)
        }
    }

    /// More characters than places: the most frequent ones have them, with an option and without.
    @Test func noVocabularyIsLargerThanItsSize() {
        let many = scalars(from: 0x4E00, count: 500).enumerated().map { ($1, 1000 - $0) }
        let counts = Dictionary(uniqueKeysWithValues: many)
        for learnt in [learn(counts, size: 100), learn(counts, size: 100, coverage: 1)] {
            #expect(Array(learnt.texts.dropFirst(5)) == many.prefix(95).map(\.0))
            #expect(learnt.leftOut.counts.count == 405)
        }
    }

    /// 5 reserved pieces, 22 characters in the places where they are, and 21 pairs, 20 of them as frequent as the words:
    /// two characters that never start a word want a place more.
    @Test func aPlaceInWhichACharacterIsNeverSeenWeighsFivePairs() {
        for (count, isIn) in [(5, true), (6, false)] {
            let words = scalars(from: 0x0430, count: 20).map { ($0 + "\u{0915}\u{0561}", count) }
            let pieces = learn(Dictionary(uniqueKeysWithValues: words), size: 48).texts
            #expect(pieces.count == 48 && pieces.contains("##\u{0915}") && pieces.contains("##\u{0561}"))
            #expect(pieces.contains("\u{0915}") == isIn && pieces.contains("\u{0561}") == isIn)
        }
    }

    @Test(arguments: [
        (
            counts: ["a": 9_999, "\u{6771}": 1],
            said: "note: no piece for 1 of 2 characters, 0.01 % of the text: U+6771 \u{6771} (1 time);"
        ),
        (
            counts: ["a": 900, "\u{20AC}uro": 20, "\u{1F98A}": 15, "x": 5],
            said: "note: no piece for 6 of 7 characters, 10 % of the text: U+006F o (20 times), U+0072 r (20 times), "
                + "U+0075 u (20 times), U+20AC \u{20AC} (20 times), U+1F98A \u{1F98A} (15 times), ...;"
        ),
        (
            counts: ["a": 1_000_000, "\u{0301}": 1],
            said: "note: no piece for 1 of 2 characters, less than 0.001 % of the text: U+0301"
        ),
    ])
    func whatIsLeftOutIsSaid(counts: [String: Int], said: String) throws {
        let note = try #require(learn(counts, size: 64, coverage: 0.5).leftOut.note)
        #expect(note.hasPrefix(said))
        #expect(learn(counts, size: 64).leftOut.note == nil)
    }

    /// prepare makes a vocabulary, too.
    @Test func prepareSaysWhatItsVocabularyLeavesOut() throws {
        let place = try Workplace()
        let corpus = try place.write("corpus.txt", scalars(from: 0x4E00, count: 300).joined(separator: " ") + "\n")
        var preparation = PrepareCorpus(corpus: [corpus], output: place.file("data"))
        preparation.vocabularySize = 256
        preparation.heldOutFraction = 0
        var notes: [String] = []
        _ = try preparation.run { notes.append($0) }
        #expect(notes.contains { $0.hasPrefix("note: no piece for 49 of 300 characters, 16 % of the text: U+4E") })
    }
}
