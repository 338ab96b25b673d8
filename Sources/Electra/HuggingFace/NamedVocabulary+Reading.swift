import ElectraCorpus
package import ElectraSupport

extension NamedVocabulary {
    /// A vocab.txt, a tokenizer.json, or a folder with either, of a model, a data set or a run.
    package init(_ path: String, remedy: String = Vocabulary.usualRemedy) throws(Failure) {
        func has(_ name: String, in folder: String) -> Bool { FileAccess.kind(of: "\(folder)/\(name)") == .file }
        guard FileAccess.kind(of: path) == .folder else {
            let bytes = try FileAccess.contents(of: path, remedy: remedy, mayBePipe: true)
            if bytes.first(where: { !" \r\n\t".utf8.contains($0) }) == UInt8(ascii: "{") {
                let files = try TokenizerFiles(JSONObjectFile(path: path, bytes: bytes, remedy: remedy))
                self.init(files.vocabulary, files.rules, file: path)
            } else {
                self.init(try Vocabulary(bytes: bytes, name: path, remedy: remedy), nil, file: path)
            }
            return
        }
        // Of a data set, and in a run of one: vocab.txt, whose rules and added words are in a manifest.
        for manifest in [Manifest.fileName, Manifest.nameInRun] where has(manifest, in: path) {
            let manifest = try Manifest(file: "\(path)/\(manifest)")
            let file = "\(path)/\(Manifest.vocabularyFileName)"
            self.init(
                try Vocabulary(path: file, addedWords: manifest.addedWords ?? [], remedy: remedy), manifest.rules,
                file: file)
            return
        }
        let isModel = has(TokenizerFiles.tokenizerName, in: path) || has(TokenizerFiles.vocabularyName, in: path)
        let inside = Network.discriminator.subfolders.map { "\(path)/\($0)" }
        let folder = isModel ? path : inside.first { FileAccess.kind(of: $0) == .folder } ?? path
        let files = try TokenizerFiles(folder: folder)
        let saysRules = [TokenizerFiles.tokenizerName, TokenizerFiles.configurationName].contains {
            has($0, in: folder)
        }
        let name = [TokenizerFiles.tokenizerName, TokenizerFiles.vocabularyName].first { has($0, in: folder) }
        self.init(
            files.vocabulary, saysRules ? files.rules : nil,
            file: "\(folder)/\(name ?? TokenizerFiles.vocabularyName)")
    }
}
