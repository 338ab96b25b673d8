/// A word that a tokenizer takes out of a text as one token, before what is left is cut into WordPieces: an added token
/// of Hugging Face's.
public struct AddedWord: Codable, Sendable, Equatable {
    public var text: String
    public var id: Int32
    /// Not where a letter, digit or underscore touches it.
    var standsAlone = false
    /// Spaces in front of it, or behind, belong to it.
    var takesSpacesBefore = false
    var takesSpacesAfter = false
    /// It is looked for in the text as clean-up and lower-casing leave it, not in the text as it is.
    var isNormalized = false
    /// Left out where tokens are turned back into text.
    var isSpecial = false
}
