/// Counts the normalised words of a text. Not Sendable: one for each thread.
final class WordCounter {
    let table = WordTable()
    private let normalizer: BertNormalizer

    init(_ rules: TextRules) {
        normalizer = BertNormalizer(rules)
    }

    func add(_ line: UnsafeBufferPointer<UInt8>) {
        _ = normalizer.forEachWord(in: line) { word, characters in
            if characters <= BertNormalizer.characterLimit { table.add(word) }
        }
    }
}
