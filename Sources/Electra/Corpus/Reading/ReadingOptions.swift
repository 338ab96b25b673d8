package import ElectraSupport

/// How the files of a corpus are read, as far as they do not say it themselves.
package struct ReadingOptions: Sendable {
    /// The fields of a JSON object whose texts make up the document, in this order; "meta.title" is a field inside of one.
    package var textFields = ["text"]
    /// Lines of JSON without a text are passed over and counted.
    package var skipsBadLines = false
    /// nil: each file is looked into.
    package var format: TextFormat?

    package init() {}

    package func validate() throws(Failure) {
        guard (1...JSONDocument.mostFields).contains(textFields.count),
            textFields.allSatisfy({ !$0.split(separator: ".", omittingEmptySubsequences: false).contains("") })
        else {
            throw .usage(
                "--text-field \(textFields.joined(separator: " ")): expected the names of 1 to \(JSONDocument.mostFields) "
                    + "fields, with dots for a field inside of another one")
        }
    }
}

package enum TextFormat: String, Sendable, CaseIterable {
    /// One sentence or paragraph a line; a blank line, and the end of the file, end a document.
    case lines = "text"
    /// One document a line: a JSON object with the document in one or more of its fields.
    case jsonLines = "json"
}
