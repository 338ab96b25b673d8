package import ElectraCorpus
package import ElectraSupport

/// The added tokens of a folder, which stand in one of three places with their ids, and in two more by their text alone.
extension TokenizerFiles {
    /// `pieces` with the words that are taken out of a text, other than the special pieces.
    package static func vocabulary(
        _ pieces: Vocabulary, tokenizer: JSONObjectFile?, configuration: JSONObjectFile?,
        specialTokens: JSONObjectFile?, added: JSONObjectFile?, name: String
    ) throws(Failure) -> Vocabulary {
        var words = AddedWords(pieces, count: tokenizer.flatMap { numbers(in: $0)?.count })
        let files = [configuration, specialTokens].compactMap(\.self)
        for file in files { try checkRoles(file) }
        for word in tokenizer?.object["added_tokens"]?.list ?? [] { words.add(word, id: word["id"]?.integer) }
        let decoder = configuration?.object["added_tokens_decoder"]?.members ?? []
        for (id, word) in decoder.map({ (Int($0.key) ?? 0, $0.value) }).sorted(by: { $0.0 < $1.0 }) {
            words.add(word, id: id)
        }
        let special = ["additional_special_tokens", "extra_special_tokens", "bos_token", "eos_token"]
            .flatMap { key in files.flatMap { texts($0.object[key]) } }
        let ids = (added?.object.members ?? []).compactMap { text, id in id.integer.map { (text: text, id: $0) } }
        for (text, id) in ids.sorted(by: { $0.id < $1.id }) {
            words.add(["content": .text(text), "special": .flag(special.contains(text))], id: id)
        }
        for text in special { words.add(["content": .text(text), "special": true], id: nil) }
        if words.list.isEmpty { return pieces }
        return try Vocabulary(pieces: pieces.pieces, addedWords: words.list, name: name, remedy: remedy)
    }

    /// A text, or an object with the text as its content; or several in a list or an object.
    private static func texts(_ value: JSON?) -> [String] {
        if let text = value?.text ?? value?["content"]?.text { return [text] }
        return (value?.list ?? value?.members?.map(\.value) ?? []).flatMap(texts)
    }

    /// Refuses a tokenizer that masks, pads or marks the ends of a text with other pieces.
    private static func checkRoles(_ file: JSONObjectFile) throws(Failure) {
        for piece in Vocabulary.specialPieces {
            let key = piece.dropFirst().dropLast().lowercased() + "_token"
            if let found = texts(file.object[key]).first, found != piece {
                throw .badData("\(file.path): expected \(piece) as \(key), found “\(found)”; this program has no other")
            }
        }
    }
}

/// Gives each word the id that Hugging Face's `tokenizers` gives it (added_vocabulary.rs): that of the same piece, or else
/// the next, where the first is the number of different lines. With doubled lines the last pieces have those ids, too.
private struct AddedWords {
    private(set) var list: [AddedWord] = []
    private let ids: [[UInt8]: Int]
    private var seen: Set<[UInt8]>
    private var next: Int

    /// `count` is that of the pieces in a tokenizer.json, where an id may have none; of a vocab.txt, blank lines count as one.
    init(_ pieces: Vocabulary, count: Int?) {
        let lines = pieces.pieces.enumerated()
        ids = Dictionary(lines.map { (Array($1.utf8), $0) }) { _, last in last }
        next = count ?? ids.count
        seen = Set(Vocabulary.specialPieces.map { Array($0.utf8) })
    }

    /// What is not a word in the manner of Hugging Face's is passed over; so are special pieces, and a word that is
    /// there already. `id` is what a file says, if it does.
    mutating func add(_ word: JSON, id said: Int?) {
        guard let text = word["content"]?.text, !text.isEmpty, seen.insert(Array(text.utf8)).inserted else { return }
        func flag(_ key: String) -> Bool? { word[key]?.flag }
        let isSpecial = flag("special") ?? false
        list.append(
            AddedWord(
                text: text, id: Int32(id(of: text, said: said ?? 0)),
                standsAlone: flag("single_word") ?? false, takesSpacesBefore: flag("lstrip") ?? false,
                takesSpacesAfter: flag("rstrip") ?? false, isNormalized: flag("normalized") ?? !isSpecial,
                isSpecial: isSpecial))
    }

    /// A file may leave ids out.
    private mutating func id(of text: String, said: Int) -> Int {
        if let piece = ids[Array(text.utf8)] { return piece }
        let id = said < 1 << 24 ? max(next, said) : next
        next = id + 1
        return id
    }
}
