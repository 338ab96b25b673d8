/// A word that a tokenizer takes out of a text as one token, before what is left is cut into WordPieces: an added token
/// of Hugging Face's.
package struct AddedWord: Codable, Sendable, Equatable {
    package var text: String
    package var id: Int32
    /// Not where a letter, digit or underscore touches it.
    package var standsAlone = false
    /// Spaces in front of it, or behind, belong to it.
    package var takesSpacesBefore = false
    package var takesSpacesAfter = false
    /// It is looked for in the text as clean-up and lower-casing leave it, not in the text as it is.
    package var isNormalized = false
    /// Left out where tokens are turned back into text.
    package var isSpecial = false

    package init(
        text: String, id: Int32, standsAlone: Bool = false, takesSpacesBefore: Bool = false,
        takesSpacesAfter: Bool = false, isNormalized: Bool = false, isSpecial: Bool = false
    ) {
        self.text = text
        self.id = id
        self.standsAlone = standsAlone
        self.takesSpacesBefore = takesSpacesBefore
        self.takesSpacesAfter = takesSpacesAfter
        self.isNormalized = isNormalized
        self.isSpecial = isSpecial
    }
}
