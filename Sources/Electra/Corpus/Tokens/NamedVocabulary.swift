/// What `--vocab` names: the pieces, and what was named with them.
package struct NamedVocabulary: Sendable {
    package let vocabulary: Vocabulary
    /// What becomes of letters, where more was named than pieces.
    package let rules: TextRules?
    /// The file that has the pieces.
    package let file: String

    package init(_ vocabulary: Vocabulary, _ rules: TextRules?, file: String) {
        self.vocabulary = vocabulary
        self.rules = rules
        self.file = file
    }
}
