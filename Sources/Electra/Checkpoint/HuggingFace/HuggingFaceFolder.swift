/// An ELECTRA network in a folder as Hugging Face transformers saves it: config.json, weights, and files of a tokenizer.
public struct HuggingFaceFolder: Sendable {
    public let path: String
    let configuration: HuggingFaceConfiguration
    let weights: HuggingFaceWeights

    /// `network` is what it must hold; nil for any. The output of `export` may be named as a whole, too: its sub-folder
    /// of that name is taken.
    public init(_ path: String, network: Network? = nil) throws(Failure) {
        let wanted = network ?? .discriminator
        let inside = "\(path)/\(wanted.rawValue)"
        let isExport =
            FileAccess.kind(of: "\(path)/\(HuggingFaceConfiguration.fileName)") == .missing
            && FileAccess.kind(of: "\(inside)/\(HuggingFaceConfiguration.fileName)") == .file
        self.path = isExport ? inside : path
        switch FileAccess.kind(of: path) {
        case .missing:
            throw .inputOutput(
                "\(path): no such folder; a model of a hub must be fetched first, nothing is downloaded here")
        case .file, .other:
            throw .badData("\(path): a folder that holds a model expected, a file found; name its folder")
        case .folder: break
        }
        guard FileAccess.kind(of: "\(self.path)/\(HuggingFaceConfiguration.fileName)") == .file else {
            throw .badData(
                "\(path): no \(HuggingFaceConfiguration.fileName), so this is no model; "
                    + "name a folder that export or transformers wrote")
        }
        configuration = try HuggingFaceConfiguration(folder: self.path)
        if let network, let found = configuration.network, found != network {
            throw .usage(
                "\(self.path): holds a \(found.rawValue), and a \(network.rawValue) is needed; name the other folder")
        }
        weights = try HuggingFaceWeights(
            folder: self.path, architecture: (configuration.network ?? network)?.architecture ?? "AutoModel")
    }

    /// Vocabulary, rules and longest sequence.
    func tokenizer() throws(Failure) -> TokenizerFiles {
        let tokenizer = try TokenizerFiles(folder: path)
        guard tokenizer.vocabulary.count <= configuration.vocabulary else {
            throw .badData(
                "\(path): a vocabulary of \(tokenizer.vocabulary.count), and the model has room for "
                    + "\(configuration.vocabulary); the files do not belong together")
        }
        return tokenizer
    }

    /// Refuses weights that are not those of `layout`, before memory is taken for it: config.json may claim any size.
    func check(_ layout: ParameterLayout, prefix: String) throws(Failure) {
        for specification in layout.specifications {
            try weights.check(String(specification.name.dropFirst(prefix.count + 1)), shape: specification.shape)
        }
    }

    /// Overwrites the parameters of `layout` whose names begin with `prefix` and a dot; what follows it is the name
    /// here. Those that the folder lacks, and that `mayLack` says nothing against, are left as they are and returned.
    func load(
        _ layout: ParameterLayout, prefix: String, into parameters: FlatBuffer, mayLack: (String) -> Bool
    ) throws(Failure) -> [String] {
        var lacking: [String] = []
        for specification in layout.specifications where specification.name.hasPrefix(prefix + ".") {
            let name = String(specification.name.dropFirst(prefix.count + 1))
            if !weights.contains(name) && mayLack(name) {
                lacking.append(name)
                continue
            }
            let target = UnsafeMutableBufferPointer(
                start: parameters.base + specification.offset, count: specification.count)
            try weights.copy(name, shape: specification.shape, into: target)
        }
        return lacking
    }
}
