/// A plain WordPiece vocabulary for those who have none: the special pieces, every common character (alone and as ##),
/// then the most frequent whole words, then the starts and ##endings that serve most of the other words.
///
/// Only counts decide, and equal counts go by their bytes: the same text gives the same vocabulary everywhere.
struct FrequencyVocabulary {
    typealias Piece = [UInt8]

    static let defaultSize = 8192
    /// A rarer character is left to [UNK] where there are many: ideographs seen once would fill the vocabulary.
    static let leastCharacterCount = 2
    static let longestAffix = 6
    /// Of what the characters leave: this share for whole words, the rest for starts and endings.
    static let wordShare = 0.75

    static func pieces(from words: [Piece: Int], size: Int) -> [String] {
        var pieces = Vocabulary.specialPieces.map { Array($0.utf8) }
        var known = Set(pieces)
        func add(_ ranked: some Sequence<Piece>, upTo limit: Int) {
            for piece in ranked where pieces.count < limit && known.insert(piece).inserted { pieces.append(piece) }
        }

        var characters: [Piece: Int] = [:]
        for (word, count) in words {
            for character in Self.characters(of: word) { characters[Array(character), default: 0] += count }
        }
        let areMany = characters.count > size / 8
        let common = ranked(characters.filter { !areMany || $0.value >= leastCharacterCount })
        // Two pieces a character, and never more than half of the vocabulary.
        let kept = common.prefix((size / 2 - pieces.count) / 2)
        add(kept, upTo: size)
        add(kept.map { continuation($0[...]) }, upTo: size)

        let forWords = pieces.count + Int(Double(size - pieces.count) * wordShare)
        add(ranked(words.filter { $0.value > 1 }), upTo: forWords)

        var affixes: [Piece: Int] = [:]
        for (word, count) in words where !known.contains(word) {
            let characters = Self.characters(of: word)
            guard characters.count > 2 else { continue }
            for length in 2...min(longestAffix, characters.count - 1) {
                let start = word[..<characters[length].startIndex]
                let ending = word[characters[characters.count - length].startIndex...]
                affixes[Array(start), default: 0] += count
                affixes[continuation(ending), default: 0] += count
            }
        }
        add(ranked(affixes), upTo: size)
        // Where starts and endings did not fill it: the rest of the words.
        add(ranked(words), upTo: size)
        return pieces.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Most frequent first.
    private static func ranked(_ counts: [Piece: Int]) -> [Piece] {
        counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key.lexicographicallyPrecedes($1.key) }
            .map(\.key)
    }

    private static func continuation(_ piece: ArraySlice<UInt8>) -> Piece { Array("##".utf8) + piece }

    /// The bytes of each scalar of a word, which is valid UTF-8.
    private static func characters(of word: Piece) -> [ArraySlice<UInt8>] {
        let starts = word.indices.filter { word[$0] & 0xC0 != 0x80 } + [word.count]
        return zip(starts, starts.dropFirst()).map { word[$0..<$1] }
    }
}
