/// Counts the normalised words of a text, and keeps apart those that are too long for WordPiece. Not Sendable: one for each thread.
final class WordCounter {
    let table = WordTable()
    private var tooLong = FrequentWords()
    private let normalizer: BertNormalizer

    init(_ rules: TextRules) {
        normalizer = BertNormalizer(rules)
    }

    /// Returns the count of bytes that are not UTF-8.
    @discardableResult
    func add(_ line: UnsafeBufferPointer<UInt8>) -> Int {
        normalizer.forEachWord(in: line) { word, characters in
            if characters <= BertNormalizer.characterLimit { table.add(word) } else { tooLong.add(word) }
        }
    }

    /// The beginnings of the words that were too long, since the last call.
    func takeTooLong() -> FrequentWords {
        defer { tooLong = FrequentWords() }
        return tooLong
    }

    /// What was lost without accents, since the last call.
    func takeDeletedMarks() -> DeletedMarks { normalizer.takeDeletedMarks() }
}
