import ElectraSupport

/// The words of a text that are [UNK], beside the count of all: what of a text a model can learn nothing from.
///
/// The measure is words, not tokens: the better a vocabulary spells other words, the fewer tokens they are, and the same
/// loss would look larger.
///
/// Handed from the worker to the consumer and never shared, hence Sendable.
package final class UnknownWords: @unchecked Sendable {
    /// All words, unknown or not.
    var words = 0
    /// Those that the vocabulary has no pieces for, as the normaliser leaves them.
    let unspelt = FrequentWords()
    /// The first characters of those that are longer than WordPiece reads.
    let tooLong = FrequentWords()

    var count: Int { unspelt.total + tooLong.total }
    var share: Double { Double(count) / Double(max(words, 1)) }

    func add(_ other: UnknownWords) {
        words += other.words
        unspelt.add(other.unspelt)
        tooLong.add(other.tooLong)
    }

    /// "12 of 5800 words are [UNK] (0.21 %), most often “ж” (5), “я” (3)".
    var summary: String {
        if count == 0 { return "none of \(counted(words, "word")) is [UNK]" }
        let most = commonest(5).map { "“\($0.word)” (\($0.count))" }.joined(separator: ", ")
        let verb = count == 1 ? "is" : "are"
        return "\(count) of \(counted(words, "word")) \(verb) [UNK] (\(decimal(100 * share, 2)) %), most often \(most)"
    }

    func commonest(_ wanted: Int) -> [(word: String, count: Int)] {
        let long = tooLong.commonest(wanted).map { (word: String($0.word.prefix(20)) + "…", count: $0.count) }
        let all = unspelt.commonest(wanted) + long
        return all.sorted { ($1.count, $0.word) < ($0.count, $1.word) }.prefix(wanted).map {
            (Self.shortened($0.word), $0.count)
        }
    }

    private static func shortened(_ word: String) -> String {
        word.count > 24 ? word.prefix(20) + "…" : word
    }
}
