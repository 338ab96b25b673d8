/// Why words are [UNK], as far as the commonest of them tell, each reason with what to do about it.
///
/// A lost word is all that is left of what the text said, after the normaliser. It is spelt under other rules where
///
///     the other rules keep less      the rules applied to it give a word that the vocabulary spells
///     the other rules keep more      the vocabulary, put through the rules of the text, spells it
///
/// If it has letters that are in no piece, its script is what the vocabulary lacks. A word that is too long is a phrase
/// of a script without spaces, or no word at all.
struct UnknownReasons {
    /// What is left of a word's remedy where the vocabulary has no pieces for its script.
    private let remedyForPieces: String
    private let vocabulary: Vocabulary
    private let rules: TextRules
    private var shares: [Reason: Double] = [:]

    private static let wordsExamined = 4000
    /// Reasons of fewer words are not told.
    private static let leastShare = 0.1

    private enum Reason: Hashable {
        case rules(Int)
        case script(Script)
        case phrases(Script)
        case data
        case pieces
    }

    private static let alternatives: [TextRules] = [
        TextRules(cased: false), TextRules(cased: false, stripAccents: false), TextRules(cased: true),
    ]

    /// `remedyForPieces`: how to come by a vocabulary that has more pieces.
    init(_ unknown: UnknownWords, _ vocabulary: Vocabulary, _ rules: TextRules, remedyForPieces: String) {
        self.vocabulary = vocabulary
        self.rules = rules
        self.remedyForPieces = remedyForPieces
        let unspelt = unknown.unspelt.commonest(Self.wordsExamined)
        let tooLong = unknown.tooLong.commonest(Self.wordsExamined)
        examine(unspelt, weight: Self.weight(of: unspelt, in: unknown.unspelt.total, of: unknown.count))
        let weight = Self.weight(of: tooLong, in: unknown.tooLong.total, of: unknown.count)
        for (word, count) in tooLong { add(Self.reason(ofLong: word), weight * Double(count)) }
    }

    /// "80 % of these have ...: leave ...; and 20 % are ...: add ...".
    var text: String {
        let told = shares.filter { $0.value >= Self.leastShare }
            .map { (share: $0.value, words: words(for: $0.key)) }
            .sorted { ($1.share, $0.words.cause) < ($0.share, $1.words.cause) }
        guard let first = told.first else { return "for several reasons" }
        func causes(_ reason: (share: Double, words: (cause: String, remedy: String)), _ these: String) -> String {
            "\(Int((100 * reason.share).rounded())) %\(these) \(reason.words.cause)"
        }
        let text = causes(first, " of these")
        guard told.count > 1 else { return "\(text): \(first.words.remedy)" }
        let second = causes(told[1], "")
        return first.words.remedy == told[1].words.remedy
            ? "\(text), and \(second): \(first.words.remedy)"
            : "\(text): \(first.words.remedy); and \(second): \(told[1].words.remedy)"
    }

    private mutating func add(_ reason: Reason, _ share: Double) { shares[reason, default: 0] += share }

    /// What one occurrence of a word stands for, so that the shares of all add up to 1.
    private static func weight(of words: [(word: String, count: Int)], in total: Int, of all: Int) -> Double {
        let examined = words.reduce(0) { $0 + $1.count }
        return Double(total) / Double(max(examined, 1)) / Double(max(all, 1))
    }

    private mutating func examine(_ words: [(word: String, count: Int)], weight: Double) {
        if words.isEmpty { return }
        // The rules that would spell most; of equals those that keep less.
        var spelt: (rules: Int, words: Set<String>, count: Int)?
        for number in Self.alternatives.indices {
            guard let spells = Self.test(of: Self.alternatives[number], vocabulary, rules) else { continue }
            let saved = words.filter { spells($0.word) }
            let count = saved.reduce(0) { $0 + $1.count }
            if count > spelt?.count ?? 0 { spelt = (number, Set(saved.map(\.word)), count) }
        }
        let alphabet = Set(vocabulary.pieces.flatMap { Self.split($0).body.unicodeScalars })
        for (word, count) in words {
            let share = weight * Double(count)
            if let spelt, spelt.words.contains(word) {
                add(.rules(spelt.rules), share)
            } else if let stranger = word.unicodeScalars.first(where: { !alphabet.contains($0) }) {
                add(.script(Script(stranger)), share)
            } else {
                add(.pieces, share)
            }
        }
    }

    /// Whether a lost word would have had pieces under other rules; nil if the rules are these.
    private static func test(
        of other: TextRules, _ vocabulary: Vocabulary, _ rules: TextRules
    ) -> ((String) -> Bool)? {
        let keepsMore = other.cased && !rules.cased || !other.stripsAccents && rules.stripsAccents
        let keepsLess = !other.cased && rules.cased || other.stripsAccents && !rules.stripsAccents
        if !keepsMore && !keepsLess { return nil }
        var pieces = vocabulary.pieces
        if keepsMore {
            // Pieces as a text of ours has them, where a text under the other rules has them as they are.
            var seen: Set<[UInt8]> = []
            pieces = pieces.compactMap { piece in
                if Vocabulary.specialPieces.contains(piece) { return piece }
                let (marker, body) = split(piece)
                guard mapped(body, other).utf8.elementsEqual(body.utf8) else { return nil }
                let lost = mapped(body, rules)
                return lost.isEmpty ? nil : marker + lost
            }.filter { seen.insert(Array($0.utf8)).inserted }
        }
        guard let changed = try? Vocabulary(pieces: pieces, name: "") else { return nil }
        let tokenizer = WordPieceTokenizer(changed, keepsMore ? rules : other)
        return { !tokenizer.ids(of: $0).contains(changed.unknown) }
    }

    private static func mapped(_ text: String, _ rules: TextRules) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            // Most of most vocabularies, and Unicode's tables are slow.
            if scalar.isASCII && (rules.cased || !("A"..."Z").contains(scalar)) {
                result.unicodeScalars.append(scalar)
            } else {
                result.unicodeScalars += CharacterTable.mapped(scalar, rules)
            }
        }
        return result
    }

    private static func split(_ piece: String) -> (marker: String, body: String) {
        let continues = piece.utf8.starts(with: "##".utf8) && piece.utf8.count > 2
        return continues ? ("##", String(piece.unicodeScalars.dropFirst(2))) : ("", piece)
    }

    private static func reason(ofLong word: String) -> Reason {
        let script = word.unicodeScalars.lazy.map(Script.init).first { $0.isWithoutSpaces }
        return script.map { .phrases($0) } ?? .data
    }

    private func words(for reason: Reason) -> (cause: String, remedy: String) {
        switch reason {
        case .rules(let number): Self.words(for: Self.alternatives[number], insteadOf: rules)
        case .script(let script):
            (
                "have \(script == .symbols ? "" : "letters of ")\(script.rawValue) that the vocabulary lacks",
                remedyForPieces
            )
        case .pieces: ("have no pieces in the vocabulary, though their letters are there", remedyForPieces)
        case .phrases(let script):
            (
                "are longer than \(BertNormalizer.characterLimit) characters, as \(script.rawValue) has no spaces between words",
                "put some there first (docs/languages.md)"
            )
        case .data:
            (
                "are longer than \(BertNormalizer.characterLimit) characters, as no word is but base64, URLs, DNA or the like",
                "leave that out"
            )
        }
    }

    private static func words(
        for other: TextRules, insteadOf rules: TextRules
    ) -> (cause: String, remedy: String) {
        func option(_ rules: TextRules) -> String? {
            rules.cased ? "--cased" : rules.stripsAccents ? nil : "--keep-accents"
        }
        let kept = [
            other.cased == rules.cased ? nil : "capitals", other.stripsAccents == rules.stripsAccents ? nil : "accents",
        ].compactMap { $0 }.joined(separator: " and ")
        let has = other.cased && !rules.cased || !other.stripsAccents && rules.stripsAccents
        let remedy =
            switch (option(other), option(rules)) {
            case (let wanted?, nil): "add \(wanted)"
            case (let wanted?, let given?): "\(wanted) in the place of \(given)"
            case (nil, let given): "leave \(given ?? "it") out"
            }
        return ("have pieces but for the \(kept), which the vocabulary \(has ? "has" : "has not")", remedy)
    }
}
