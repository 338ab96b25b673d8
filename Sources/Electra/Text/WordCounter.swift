/// How often each normalised word of a text occurs, by its bytes: two Strings that only look the same are equal. Not Sendable: one for each thread, added up afterwards.
final class WordCounter {
    private let normalizer: BertNormalizer
    private(set) var counts: [[UInt8]: Int] = [:]

    init(cased: Bool) {
        normalizer = BertNormalizer(cased: cased)
    }

    func add(_ line: UnsafeBufferPointer<UInt8>) {
        _ = normalizer.forEachWord(in: line) { word, characters in
            if characters <= BertNormalizer.characterLimit {
                counts[Array(word), default: 0] += 1
            }
        }
    }

    /// Hands over the counts and starts again at none.
    func take() -> [[UInt8]: Int] {
        defer { counts = [:] }
        return counts
    }
}
