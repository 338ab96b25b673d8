/// A plain WordPiece vocabulary for those who have none: the special pieces, every common character (alone and as ##),
/// then the most frequent whole words, then the starts and ##endings that serve most of the other words.
///
/// Only counts decide, and equal counts go by their bytes: the same text gives the same vocabulary everywhere.
struct FrequencyVocabulary {
    static let defaultSize = 8192
    /// A rarer character is left to [UNK]: a net of 10,000 different ideographs seen once would fill the vocabulary.
    static let leastCharacterCount = 2
    static let longestAffix = 6
    /// Of what the characters leave: this share for whole words, the rest for starts and endings.
    static let wordShare = 0.75

    static func pieces(from words: [String: Int], size: Int) -> [String] {
        var pieces = Vocabulary.specialPieces
        var known = Set(pieces)
        func add(_ ranked: [String], upTo limit: Int) {
            for piece in ranked where pieces.count < limit && known.insert(piece).inserted { pieces.append(piece) }
        }

        var characters: [String: Int] = [:]
        for (word, count) in words {
            for character in word.unicodeScalars { characters[String(character), default: 0] += count }
        }
        let common = ranked(characters.filter { $0.value >= leastCharacterCount || characters.count < size / 8 })
        // Two pieces a character, and never more than half of the vocabulary.
        let kept = common.prefix(max(1, (size / 2 - pieces.count) / 2))
        add(Array(kept), upTo: size)
        add(kept.map { "##" + $0 }, upTo: size)

        let forWords = pieces.count + Int(Double(size - pieces.count) * wordShare)
        add(ranked(words.filter { $0.value > 1 }), upTo: forWords)

        var affixes: [String: Int] = [:]
        for (word, count) in words where !known.contains(word) {
            let scalars = Array(word.unicodeScalars)
            guard scalars.count > 2 else { continue }
            for length in 2...min(longestAffix, scalars.count - 1) {
                affixes[text(scalars[..<length]), default: 0] += count
                affixes["##" + text(scalars[(scalars.count - length)...]), default: 0] += count
            }
        }
        add(ranked(affixes), upTo: size)
        // Where starts and endings did not fill it: the rest of the words.
        add(ranked(words), upTo: size)
        return pieces
    }

    private static func ranked(_ counts: [String: Int]) -> [String] {
        counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map(\.key)
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }
}
