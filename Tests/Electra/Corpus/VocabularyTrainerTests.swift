import TestSupport
import Testing

@testable import ElectraCorpus

@Suite struct VocabularyTrainerTests {
    private func words(_ counts: [String: Int]) -> WordTable {
        let table = WordTable()
        for (word, count) in counts { Array(word.utf8).withUnsafeBufferPointer { table.add($0, times: count) } }
        return table
    }

    private func train(_ counts: [String: Int], size: Int, _ change: (inout VocabularyTrainer) -> Void = { _ in })
        -> [String]
    {
        var trainer = VocabularyTrainer()
        trainer.size = size
        change(&trainer)
        return trainer.train(on: words(counts)).texts
    }

    /// Worked out by hand.
    @Test func mergesTheMostFrequentPairFirst() {
        let pieces = train(["low": 5, "lower": 2, "lot": 5, "her": 5], size: 64)
        let alphabet = ["e", "h", "l", "o", "r", "t", "w", "##e", "##o", "##r", "##t", "##w"]
        #expect(Array(pieces.prefix(5)) == Vocabulary.specialPieces)
        #expect(Array(pieces[5..<17]) == alphabet)
        // (l, ##o) 12; (##e, ##r) 7 and (lo, ##w) 7: the pair of the earlier pieces; (h, ##er) 5 and (lo, ##t) 5; then
        // (low, ##er) 2. Nothing is left after that.
        #expect(Array(pieces[17...]) == ["lo", "##er", "low", "her", "lot", "lower"])
    }

    @Test func overlappingPairsAreCountedAsTheyStand() {
        // (a, ##a) 3 and (##a, ##a) 6 of 3 words; merged from the left: a ##aa ##a; then (a, ##aa) is the earlier pair.
        let pieces = train(["aaaa": 3], size: 64)
        #expect(Array(pieces[5...]) == ["a", "##a", "##aa", "aaa", "aaaa"])
    }

    @Test func theSamePieceByTwoWaysIsOne() {
        let pieces = train(["abc": 4, "ab": 9, "xbc": 9, "abcd": 1], size: 80)
        #expect(Set(pieces).count == pieces.count)
        #expect(pieces.contains("abc"))
    }

    @Test func rarePairsAreLeftOut() {
        let counts = ["ab": 1, "cd": 2]
        #expect(!train(counts, size: 64).contains("ab"))
        #expect(train(counts, size: 64).contains("cd"))
        #expect(train(counts, size: 64) { $0.minimumFrequency = 1 }.contains("ab"))
    }

    @Test func reservedPiecesStandAsInBERT() {
        let pieces = train(["ab": 3], size: 300) { $0.unusedSlots = 99 }
        #expect(pieces[0] == "[PAD]" && pieces[1] == "[unused0]" && pieces[99] == "[unused98]")
        #expect(Array(pieces[100...103]) == ["[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    }

    @Test func theAlphabetCoversTheTextOnly() {
        let counts = ["ab": 9_999, "\u{6771}": 1, "\u{1F98A}": 1]
        #expect(train(counts, size: 64).contains("\u{6771}"))
        let covered = train(counts, size: 64) { $0.characterCoverage = 0.999 }
        #expect(!covered.contains("\u{6771}") && covered.contains("ab"))
    }

    /// What Hugging Face's trainer does with "€uro" where the euro sign is too rare.
    @Test func whatFollowsACharacterOutsideOfTheAlphabetContinuesTheWord() {
        let pieces = train(["a": 10_000, "€uro": 2], size: 64) { $0.characterCoverage = 0.9997 }
        #expect(Array(pieces[5...]) == ["a", "o", "r", "u", "##o", "##r", "##u", "##ro", "##uro"])
    }

    @Test func anyNumberOfThreadsGivesTheSameVocabulary() throws {
        let place = try Workplace()
        let rare = (0..<400).map { String(Unicode.Scalar(0x4E00 + $0 % 150)!) }.joined()
        let corpus = try place.write("corpus.txt", text(documents: 400) + rare)
        var trainer = VocabularyTrainer()
        trainer.size = 300
        let vocabularies = try [1, 2, 5].map { threads in
            try CorpusVocabulary.train(trainer, corpus: [corpus], except: "", rules: .uncased, threads: threads).pieces
        }
        #expect(vocabularies[0].count == 300)
        #expect(vocabularies.allSatisfy { $0 == vocabularies[0] })
    }

    @Test func aTrainedVocabularySpellsItsCorpus() throws {
        let counter = WordCounter(.uncased)
        let text = "the cat sat on the mat, the cats and the bats sat singing and ringing"
        _ = Array(text.utf8).withUnsafeBufferPointer { counter.add($0) }
        let pieces = VocabularyTrainer().train(on: counter.table).texts
        #expect(pieces.contains("the"))
        let vocabulary = try Vocabulary(pieces: pieces, name: "made")
        #expect(!WordPieceTokenizer(vocabulary, .uncased).ids(of: text).contains(vocabulary.unknown))
    }
}

@Suite struct WordTableTests {
    @Test func countsAndAddsUp() {
        func table(_ words: [String]) -> WordTable {
            let table = WordTable()
            for word in words { Array(word.utf8).withUnsafeBufferPointer { table.add($0) } }
            return table
        }
        let many = (0..<10_000).map { "w\($0 % 3000)" }
        let total = table(many)
        total.add(table(["w1", "new", ""]))
        var counts: [String: Int] = [:]
        var order: [String] = []
        total.forEachSorted { word, count in
            counts[String(decoding: word, as: UTF8.self)] = count
            order.append(String(decoding: word, as: UTF8.self))
        }
        #expect(counts.count == 3002 && total.count == 3002)
        #expect(counts["w1"] == 5 && counts["w2999"] == 3 && counts["new"] == 1 && counts[""] == 1)
        #expect(order == order.sorted())
    }
}
