/// What the normaliser does to letters; the two switches of Hugging Face's BertNormalizer.
package struct TextRules: Sendable, Equatable {
    /// Capitals stay.
    package var cased: Bool
    /// Whether accents go; nil: they go with the capitals, as in BERT.
    package var stripAccents: Bool?

    package init(cased: Bool, stripAccents: Bool? = nil) {
        self.cased = cased
        self.stripAccents = stripAccents
    }

    package static let uncased = TextRules(cased: false)

    package var stripsAccents: Bool { stripAccents ?? !cased }

    /// "uncased", or "uncased with accents".
    package var name: String {
        let accents = stripsAccents == !cased ? "" : stripsAccents ? " without accents" : " with accents"
        return (cased ? "cased" : "uncased") + accents
    }
}
