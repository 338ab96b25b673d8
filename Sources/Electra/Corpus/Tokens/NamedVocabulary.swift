/// What `--vocab` names: the pieces, and what was named with them.
public struct NamedVocabulary: Sendable {
    public let vocabulary: Vocabulary
    /// What becomes of letters, where more was named than pieces.
    public let rules: TextRules?
    /// The file that has the pieces.
    public let file: String

    init(_ vocabulary: Vocabulary, _ rules: TextRules?, file: String) {
        self.vocabulary = vocabulary
        self.rules = rules
        self.file = file
    }
}
