package import ElectraHuggingFace
package import ElectraKernels
package import ElectraModel
package import ElectraSupport

/// OUTPUT: the fine-tuned model as transformers loads it, and beside it what the seeds came to and what their runs left.
package struct FineTunedFolder: Sendable {
    package let path: String

    package init(_ path: String) {
        self.path = path
    }

    package func run(ofSeed seed: UInt64) -> String { "\(path)/\(Self.seedPrefix)\(seed)" }

    private static let seedPrefix = "seed-"
    private static let cardName = "README.md"
    /// Of a run that was named as the model to start with.
    package static let encoderName = "encoder"
    private static let names =
        TokenizerFiles.names + [
            HuggingFaceConfiguration.fileName, HuggingFaceWeights.fileName, SeedResults.fileName, cardName, encoderName,
        ]

    /// Refuses a folder whose files would be overwritten or mixed with.
    package func checkIsOurs() throws(Failure) {
        switch FileAccess.kind(of: path) {
        case .missing: return
        case .file, .other:
            throw .usage("\(path): a folder is expected for --output, and this is a file; name another")
        case .folder: break
        }
        let names = try FileAccess.names(in: path)
        let foreign = names.first { name in
            let whole = name.hasSuffix(FileAccess.partial) ? String(name.dropLast(FileAccess.partial.count)) : name
            return !Self.names.contains(whole) && !whole.hasPrefix(Self.seedPrefix)
                && !whole.hasPrefix("predictions")
        }
        let isStarted = names.contains {
            $0.hasPrefix(Self.seedPrefix) || [SeedResults.fileName, Self.encoderName].contains($0)
        }
        if names.isEmpty || (isStarted && foreign == nil) { return }
        throw .usage(
            "\(path): this folder has other files than finetune's (\(foreign ?? names[0])); name a new or empty folder, or one "
                + "to go on with")
    }

    /// The model, each file whole or not at all.
    package func write(
        _ configuration: HuggingFaceConfiguration, _ tokenizer: TokenizerFiles, _ layout: ParameterLayout,
        _ parameters: FlatBuffer, card: String
    ) throws(Failure) {
        let prefix = Network.discriminator.rawValue + "."
        let tensors = layout.specifications.map { (name: String($0.name.dropFirst(prefix.count)), source: $0) }
        let weights = "\(path)/\(HuggingFaceWeights.fileName)"
        try HuggingFaceWeights.write(tensors, of: parameters, to: weights + FileAccess.partial)
        try FileAccess.rename(weights + FileAccess.partial, to: weights)
        try FileAccess.write(
            Array((configuration.json.pretty + "\n").utf8), to: "\(path)/\(HuggingFaceConfiguration.fileName)")
        try tokenizer.write(to: path)
        try FileAccess.write(Array(card.utf8), to: "\(path)/\(Self.cardName)")
        FileAccess.synchronize(path)
    }
}
