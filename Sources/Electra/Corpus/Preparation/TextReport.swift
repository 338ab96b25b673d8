import ElectraSupport

/// What `prepare` says of the text itself: the words that became [UNK], and what was lost without accents.
struct TextReport {
    /// Shares of all words above which there is a note, and no data set.
    static let noted = 0.01
    static let refused = 0.30
    /// After so many bytes a refusal that is to be expected is announced, as it would come after hours.
    private static let announcedAfter = 64 << 20

    let corpus: String
    let vocabulary: Vocabulary
    let isVocabularyMade: Bool
    let rules: TextRules
    let allowsUnknown: Bool

    let unknown = UnknownWords()
    private var deleted = DeletedMarks()
    private var bytes = 0

    init(
        corpus: String, _ vocabulary: Vocabulary, isVocabularyMade: Bool, _ rules: TextRules, allowsUnknown: Bool
    ) {
        self.corpus = corpus
        self.vocabulary = vocabulary
        self.isVocabularyMade = isVocabularyMade
        self.rules = rules
        self.allowsUnknown = allowsUnknown
    }

    mutating func add(_ batch: TokenizedBatch, note: (String) -> Void) {
        unknown.add(batch.unknownWords)
        deleted += batch.deletedMarks
        let isHere = bytes < Self.announcedAfter && bytes + batch.textBytes >= Self.announcedAfter
        bytes += batch.textBytes
        if isHere && !allowsUnknown && unknown.share > Self.refused {
            note(
                "note: \(corpus): \(unknown.summary) so far; above \(Int(100 * Self.refused)) % there will be no data set "
                    + "(--allow-unknown insists)")
        }
    }

    func finish(note: (String) -> Void) throws(Failure) {
        if let text = deleted.note(words: unknown.words, remedy: remedyForMarks) { note(text) }
        guard unknown.share > Self.noted else { return }
        let reasons = UnknownReasons(unknown, vocabulary, rules, remedyForPieces: remedyForPieces).text
        guard unknown.share > Self.refused && !allowsUnknown else {
            note("note: \(decimal(100 * unknown.share, 2)) % of all words are [UNK]; \(reasons)")
            return
        }
        throw .badData(
            "\(corpus): \(unknown.summary), and from these nothing is learnt; \(reasons); --allow-unknown insists")
    }

    private var remedyForPieces: String {
        isVocabularyMade
            ? "let it have more pieces (--vocabulary-size), or all characters (electra-dist vocabulary "
                + "--character-coverage 1)"
            : "name a vocabulary of such text, or leave --vocab out to have one made"
    }

    private var remedyForMarks: String {
        let hasMarks = vocabulary.pieces.contains { $0.unicodeScalars.contains { DeletedMarks.loss(of: $0) != nil } }
        return isVocabularyMade || hasMarks
            ? "--keep-accents leaves them"
            : "a vocabulary made with --keep-accents, and prepare with the same, leave them"
    }
}

extension Manifest {
    /// How much of the data set is [UNK]: of all words, or where an earlier version did not count them, of all tokens.
    package var unknownShare: (count: Int, of: Int, what: String) {
        if let words { return (unknownTokens, words, "words") }
        return (unknownTokens, train.tokens + heldOut.tokens, "tokens")
    }

    /// For those who are about to use a data set that was made in spite of all, or by an earlier version.
    package func noteOnUnknown(_ path: String) -> String? {
        let (count, all, what) = unknownShare
        let share = Double(count) / Double(max(all, 1))
        guard share > TextReport.noted else { return nil }
        return
            "note: \(path): \(decimal(100 * share, 2)) % of its \(what) are [UNK], and from these nothing is learnt; "
            + "prepare it again to see which words and why"
    }
}
