/// Which columns the examples of a text task are in.
package struct TextColumns: Sendable {
    package var text: Column
    package var pair: Column?
    package var label: Column?
    package var id: Column?
    /// Whether the first row names the columns; nil: where one of the names above is in it.
    package var header: Bool?

    /// As most data sets that were made for this name them.
    package init(
        text: Column = .named("text"), pair: Column? = .optional("text_pair"), label: Column? = .optional("label"),
        id: Column? = .optional("id"), header: Bool? = nil
    ) {
        self.text = text
        self.pair = pair
        self.label = label
        self.id = id
        self.header = header
    }

    var all: [Column] { [text] + [pair, label, id].compactMap { $0 } }
}
