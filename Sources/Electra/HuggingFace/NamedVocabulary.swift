/// What `--vocab` names: a vocab.txt, a tokenizer.json, or a folder with either, of a model, a data set or a run.
public struct NamedVocabulary: Sendable {
    public let vocabulary: Vocabulary
    /// What becomes of letters, where more was named than pieces.
    public let rules: TextRules?
    /// The file that has the pieces.
    public let file: String

    public init(_ path: String, remedy: String = Vocabulary.usualRemedy) throws(Failure) {
        func has(_ name: String, in folder: String) -> Bool { FileAccess.kind(of: "\(folder)/\(name)") == .file }
        guard FileAccess.kind(of: path) == .folder else {
            let bytes = try FileAccess.contents(of: path, remedy: remedy, mayBePipe: true)
            file = path
            if bytes.first(where: { !" \r\n\t".utf8.contains($0) }) == UInt8(ascii: "{") {
                let files = try TokenizerFiles(JSONObjectFile(path: path, bytes: bytes, remedy: remedy))
                (vocabulary, rules) = (files.vocabulary, files.rules)
            } else {
                (vocabulary, rules) = (try Vocabulary(bytes: bytes, name: path, remedy: remedy), nil)
            }
            return
        }
        // Of a data set, and in a run of one: vocab.txt, whose rules and added words are in a manifest.
        for manifest in [Manifest.fileName, Manifest.nameInRun] where has(manifest, in: path) {
            let manifest = try Manifest(file: "\(path)/\(manifest)")
            file = "\(path)/\(Manifest.vocabularyFileName)"
            vocabulary = try Vocabulary(path: file, addedWords: manifest.addedWords ?? [], remedy: remedy)
            rules = manifest.rules
            return
        }
        let isModel = has(TokenizerFiles.tokenizerName, in: path) || has(TokenizerFiles.vocabularyName, in: path)
        let inside = "\(path)/\(Network.discriminator.rawValue)"
        let folder = !isModel && FileAccess.kind(of: inside) == .folder ? inside : path
        let files = try TokenizerFiles(folder: folder)
        let saysRules = [TokenizerFiles.tokenizerName, TokenizerFiles.configurationName].contains {
            has($0, in: folder)
        }
        vocabulary = files.vocabulary
        rules = saysRules ? files.rules : nil
        let name = [TokenizerFiles.tokenizerName, TokenizerFiles.vocabularyName].first { has($0, in: folder) }
        file = "\(folder)/\(name ?? TokenizerFiles.vocabularyName)"
    }
}
