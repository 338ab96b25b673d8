/// What the normaliser does to letters; the two switches of Hugging Face's BertNormalizer.
public struct TextRules: Sendable, Equatable {
    /// Capitals stay.
    public var cased: Bool
    /// Whether accents go; nil: they go with the capitals, as in BERT.
    public var stripAccents: Bool?

    public init(cased: Bool, stripAccents: Bool? = nil) {
        self.cased = cased
        self.stripAccents = stripAccents
    }

    public static let uncased = TextRules(cased: false)

    package var stripsAccents: Bool { stripAccents ?? !cased }

    /// "uncased", or "uncased with accents".
    package var name: String {
        let accents = stripsAccents == !cased ? "" : stripsAccents ? " without accents" : " with accents"
        return (cased ? "cased" : "uncased") + accents
    }
}
