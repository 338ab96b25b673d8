import ElectraSupport
import Foundation

/// The characters of a corpus, each in the two places where it may need a piece of its own: `a` starts a word, `##a`
/// continues one.
///
/// Most characters of English need both. A Chinese one is a word of its own and needs one, and so does a vowel sign of
/// Hindi, which always continues a word.
struct Alphabet {
    /// A character in one of its places, and how often it stands there.
    struct Form {
        let scalar: Unicode.Scalar
        let continues: Bool
        let count: Int
    }

    /// At the start of a word, then inside of one, each in the order of the scalars. A character that never starts a
    /// word has its first form, too, with a count of 0: other text may start with it.
    let forms: [Form]
    /// Characters and their occurrences in all of the corpus, also those without a form here.
    let characters: Int
    let occurrences: Int
    /// Characters outside of the wanted share of the text.
    private let excluded: [Unicode.Scalar: Int]

    /// `coverage`: the most frequent characters that make up this share of the text; nil: all.
    init(of words: WordTable, coverage: Double?) {
        var starting: [Unicode.Scalar: Int] = [:]
        var continuing: [Unicode.Scalar: Int] = [:]
        words.forEach { word, count in
            for (place, scalar) in String(decoding: word, as: UTF8.self).unicodeScalars.enumerated() {
                if place == 0 { starting[scalar, default: 0] += count } else { continuing[scalar, default: 0] += count }
            }
        }
        let counts = starting.merging(continuing, uniquingKeysWith: +)
        characters = counts.count
        occurrences = counts.values.reduce(0, +)
        var kept = Set(counts.keys)
        if let coverage {
            kept = Self.mostFrequent(of: counts, upTo: coverage * Double(occurrences))
        }
        excluded = counts.filter { !kept.contains($0.key) }
        let sorted = kept.sorted()
        forms =
            sorted.map { Form(scalar: $0, continues: false, count: starting[$0] ?? 0) }
            + sorted.compactMap { scalar in
                continuing[scalar].map { Form(scalar: scalar, continues: true, count: $0) }
            }
    }

    private static func mostFrequent(of counts: [Unicode.Scalar: Int], upTo wanted: Double) -> Set<Unicode.Scalar> {
        var covered = 0
        var kept: Set<Unicode.Scalar> = []
        for (scalar, count) in counts.sorted(by: { ($0.value, $1.key) > ($1.value, $0.key) }) {
            if Double(covered) >= wanted { break }
            kept.insert(scalar)
            covered += count
        }
        return kept
    }

    /// What has no piece if these forms have none.
    func leftOut(_ forms: some Sequence<Form>) -> LeftOutCharacters {
        var counts = excluded
        for form in forms where form.count > 0 { counts[form.scalar, default: 0] += form.count }
        return LeftOutCharacters(counts: counts, characters: characters, occurrences: occurrences)
    }
}

/// The characters of a corpus for which a vocabulary has no piece: words with them are [UNK].
struct LeftOutCharacters {
    /// How often each stands where it has no piece.
    let counts: [Unicode.Scalar: Int]
    /// Of all of the corpus.
    let characters: Int
    let occurrences: Int

    /// How many, which share of the text, and the commonest few; nil if there are none.
    var note: String? {
        if counts.isEmpty { return nil }
        let ranked = counts.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
        let commonest = ranked.prefix(5).map { scalar, count in
            String(format: "U+%04X ", scalar.value) + "\(scalar) (\(counted(count, "time")))"
        }
        return "note: no piece for \(counts.count) of \(characters) characters, \(share) of the text: "
            + commonest.joined(separator: ", ") + (ranked.count > commonest.count ? ", ..." : "")
            + "; words with them are [UNK]. More pieces, or vocabulary --character-coverage 1, take them in"
    }

    private var share: String {
        let percentage = 100 * Double(counts.values.reduce(0, +)) / Double(occurrences)
        if percentage < 0.001 { return "less than 0.001 %" }
        return String(format: percentage < 10 ? "%.2g %%" : "%.0f %%", percentage)
    }
}
