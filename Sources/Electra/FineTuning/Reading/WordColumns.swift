/// Where the words of a sentence and their tags are: columns by number, or keys of JSON lines.
package struct WordColumns: Sendable {
    /// nil: the first column, or the key "words".
    package var words: Column?
    /// nil: the last column, or the key "tags".
    package var tags: Column?

    package init(words: Column? = nil, tags: Column? = nil) {
        self.words = words
        self.tags = tags
    }
}
