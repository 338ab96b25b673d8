import ElectraCorpus
package import ElectraKernels
package import ElectraModel
package import ElectraSupport

/// An ELECTRA network in a folder as Hugging Face transformers saves it: config.json, weights, and files of a tokenizer.
package struct HuggingFaceFolder: Sendable {
    package let path: String
    package let configuration: HuggingFaceConfiguration
    package let weights: HuggingFaceWeights

    /// `network` is what it must hold; nil for any. The output of `export` may be named as a whole, too: its sub-folder
    /// of that name is taken, or that of its one encoder.
    package init(_ path: String, network: Network? = nil) throws(Failure) {
        let wanted = network ?? .discriminator
        func isModel(_ folder: String) -> Bool {
            FileAccess.kind(of: "\(folder)/\(HuggingFaceConfiguration.fileName)") == .file
        }
        let folder = ([path] + wanted.subfolders.map { "\(path)/\($0)" }).first(where: isModel) ?? path
        self.path = folder
        switch FileAccess.kind(of: path) {
        case .missing:
            throw .inputOutput(
                "\(path): no such folder; a model of a hub must be fetched first, nothing is downloaded here")
        case .file, .other:
            throw .badData("\(path): a folder that holds a model expected, a file found; name its folder")
        case .folder: break
        }
        guard FileAccess.kind(of: "\(folder)/\(HuggingFaceConfiguration.fileName)") == .file else {
            throw .badData(
                "\(path): no \(HuggingFaceConfiguration.fileName), so this is no model; \(try Self.remedy(path))")
        }
        var configuration = try HuggingFaceConfiguration(folder: folder)
        func check(_ found: Network?) throws(Failure) {
            guard let network, let found, found != network else { return }
            throw .usage(
                "\(folder): holds a \(found.rawValue), and a \(network.rawValue) is needed; name the other folder")
        }
        try check(configuration.network)
        let weights = try HuggingFaceWeights(
            folder: folder, architecture: (configuration.network ?? network)?.architecture ?? "AutoModel",
            wanted: wanted)
        try check(weights.tensorNames.network)
        guard configuration.saysElectra || weights.tensorNames.sayElectra else {
            throw .badData(
                "\(folder)/\(HuggingFaceConfiguration.fileName): has no model_type, and no tensor is called what "
                    + "only ELECTRA's are; if it is an ELECTRA model, add \"model_type\": \"electra\"")
        }
        configuration.network = configuration.network ?? weights.tensorNames.network
        self.configuration = configuration
        self.weights = weights
    }

    /// For a folder without config.json, by what it has.
    private static func remedy(_ path: String) throws(Failure) -> String {
        let names = try FileAccess.names(in: path)
        if names.contains(HuggingFaceConfiguration.fileName) {
            return
                "it is a link to a file that is not there, or a folder: copy the model with cp -rL, or fetch it again"
        }
        if names.contains("run.json") { return "it is a run: electra-dist export makes a model of it" }
        if names.contains(Manifest.fileName) { return "it is a data set or a checkpoint; name a model" }
        if names.contains("snapshots"), let inside = try FileAccess.names(in: "\(path)/snapshots").last {
            return "it is the cache of a hub: name \(path)/snapshots/\(inside)"
        }
        if names.contains(where: { $0.hasSuffix(".index") || $0 == "checkpoint" || $0.contains(".data-0") }) {
            return "it is a checkpoint of TensorFlow, such as Google's: convert it with "
                + "convert_electra_original_tf_checkpoint_to_pytorch of transformers 4"
        }
        if names.contains("adapter_config.json") { return "it is an adapter: merge it into its model with peft first" }
        for name in names where FileAccess.kind(of: "\(path)/\(name)/\(HuggingFaceConfiguration.fileName)") == .file {
            return "name \(path)/\(name), which has one"
        }
        return "name a folder that export or transformers wrote"
    }

    /// Vocabulary, rules and longest sequence.
    package func tokenizer() throws(Failure) -> TokenizerFiles {
        let tokenizer = try TokenizerFiles(folder: path)
        guard tokenizer.vocabulary.count <= configuration.vocabulary else {
            throw .badData(
                "\(path): a vocabulary of \(tokenizer.vocabulary.count), and the model has room for "
                    + "\(configuration.vocabulary); the files do not belong together")
        }
        return tokenizer
    }

    /// Refuses weights that are not those of `layout`, before memory is taken for it: config.json may claim any size.
    package func check(_ layout: ParameterLayout, prefix: String) throws(Failure) {
        let rows = try weights.rows(Self.wordTable)
        if rows > configuration.vocabulary {
            throw .badData(
                "\(path): its word table has \(rows) rows, and \(HuggingFaceConfiguration.fileName) says "
                    + "\(configuration.vocabulary) as vocab_size; set that to \(rows)")
        }
        for specification in layout.specifications {
            try weights.check(String(specification.name.dropFirst(prefix.count + 1)), shape: specification.shape)
        }
    }

    /// Tensors with a row, or a number, for each piece. A table may have rows that no piece has: the first are taken.
    private static func followsVocabulary(_ name: String) -> Bool {
        name == Self.wordTable || name == "generator_lm_head.bias"
    }

    private static let wordTable = "electra.embeddings.word_embeddings.weight"

    /// Overwrites the parameters of `layout` whose names begin with `prefix` and a dot; what follows it is the name
    /// here. Those that the folder lacks, and that `mayLack` says nothing against, are left as they are and returned.
    package func load(
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
            if Self.followsVocabulary(name) {
                try weights.copyFirstRows(name, shape: specification.shape, into: target)
            } else {
                try weights.copy(name, shape: specification.shape, into: target)
            }
        }
        return lacking
    }
}
