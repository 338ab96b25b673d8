/// Counts the normalised words of a text. Not Sendable: one for each thread.
final class WordCounter {
    let table = WordTable()
    private let normalizer: BertNormalizer

    init(_ rules: TextRules) {
        normalizer = BertNormalizer(rules)
    }

    /// Returns the count of bytes that are not UTF-8.
    @discardableResult
    func add(_ line: UnsafeBufferPointer<UInt8>) -> Int {
        normalizer.forEachWord(in: line) { word, characters in
            if characters <= BertNormalizer.characterLimit { table.add(word) }
        }
    }
}
