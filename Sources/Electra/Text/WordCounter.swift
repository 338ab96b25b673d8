/// How often each normalised word of a text occurs. Not Sendable: one for each thread, added up afterwards.
final class WordCounter {
    private let normalizer: BertNormalizer
    private(set) var counts: [String: Int] = [:]

    init(cased: Bool) {
        normalizer = BertNormalizer(cased: cased)
    }

    func add(_ line: UnsafeBufferPointer<UInt8>) {
        _ = normalizer.forEachWord(in: line) { word, characters in
            if characters <= BertNormalizer.characterLimit {
                counts[String(decoding: word, as: UTF8.self), default: 0] += 1
            }
        }
    }

    /// Hands over the counts and starts again at none.
    func take() -> [String: Int] {
        defer { counts = [:] }
        return counts
    }
}
