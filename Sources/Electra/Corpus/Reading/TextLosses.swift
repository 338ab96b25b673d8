import ElectraSupport

/// What `vocabulary` says of the text that it learnt from: the words that remain [UNK] in it, and what was lost without
/// accents.
struct TextLosses {
    private let unknown = UnknownWords()
    private var deleted = DeletedMarks()

    mutating func add(_ batch: CountedBatch) {
        unknown.words += batch.tooLong.total
        unknown.tooLong.add(batch.tooLong)
        deleted += batch.deletedMarks
    }

    /// All other words, of which the tokenizer tells those that remain [UNK].
    func add(_ words: WordTable, spelledWith tokenizer: WordPieceTokenizer) {
        let lost = WordTable()
        words.forEach { word, count in
            unknown.words += count
            if !tokenizer.spells(word) { lost.add(word, times: count) }
        }
        // In the order in which the words were met, the number of threads would show.
        lost.forEachSorted { unknown.unspelt.add($0, times: $1) }
    }

    /// A vocabulary of nothing but its `reserved` pieces is refused.
    func report(
        _ corpus: String, _ vocabulary: Vocabulary, reserved: Int, _ rules: TextRules, note: (String) -> Void
    ) throws(Failure) {
        if let text = deleted.note(words: unknown.words, remedy: "--keep-accents leaves them") { note(text) }
        let reasons = UnknownReasons(
            unknown, vocabulary, rules,
            remedyForPieces: "let it have more pieces (--size), or all characters (--character-coverage 1)"
        ).text
        guard vocabulary.count > reserved else {
            let words = counted(unknown.words, "word")
            let why = unknown.count > 0 ? ": it has \(words), and \(reasons)" : "; name files with text"
            throw .badData("\(corpus): no word in this corpus to learn from\(why)")
        }
        if unknown.share > TextReport.noted { note("note: \(unknown.summary); \(reasons)") }
    }
}
