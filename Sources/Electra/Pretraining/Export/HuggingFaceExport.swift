import ElectraCorpus
import ElectraHuggingFace
import ElectraKernels
import ElectraModel
public import ElectraSupport
import ElectraTraining
import Foundation

/// Writes a run's two networks as folders that Hugging Face transformers loads.
public struct HuggingFaceExport {
    package let checkpoint: RunCheckpoint
    private let configuration: RunConfiguration
    private let layout: ParameterLayout
    private let parameters: FlatBuffer
    private let tokenizer: TokenizerFiles
    private let card: ModelCard

    /// `path` is a run, for its newest checkpoint, or one checkpoint. Everything is read and checked here.
    public init(_ path: String) throws(Failure) {
        checkpoint = try RunCheckpoint.open(path)
        try checkpoint.verify()
        configuration = checkpoint.configuration
        layout = configuration.layout
        parameters = FlatBuffer(count: layout.count)
        try checkpoint.readParameters(layout: layout, into: parameters)
        let run = try RunFolder(ofCheckpoint: checkpoint.path)
        let (vocabulary, data) = try run.trainedOn(configuration)
        tokenizer = TokenizerFiles(vocabulary: vocabulary, rules: data.rules, maximumLength: data.maxLength)
        card = ModelCard(run: run, checkpoint: checkpoint, data: data)
        if configuration.networks.embeddingSharing == .gradientDisentangled { addTablesOfGenerator() }
    }

    /// To tables that are what the main network's differ from them.
    private func addTablesOfGenerator() {
        for base in layout.specifications
        where base.name.hasPrefix("generator.electra.embeddings.") && base.name.hasSuffix("embeddings.weight") {
            let name = "\(main.rawValue)." + base.name.dropFirst("generator.".count)
            guard let difference = layout.specifications.first(where: { $0.name == name }) else { continue }
            for element in 0..<base.count {
                parameters.base[difference.offset + element] += parameters.base[base.offset + element]
            }
        }
    }

    /// The networks that the run has.
    package var networks: [RunNetwork] {
        RunNetwork.allCases.filter { network in
            layout.specifications.contains { $0.name.hasPrefix(network.rawValue + ".") }
        }
    }

    /// The network to fine-tune.
    package var main: RunNetwork { networks.contains(.discriminator) ? .discriminator : .encoder }

    /// Writes `folder`/discriminator and what else there is, each whole or not at all, in the place of older ones.
    public func write(to folder: String) throws(Failure) {
        if FileAccess.kind(of: folder) == .file {
            throw .usage("\(folder): a folder is expected for --output, and this is a file; name another")
        }
        for file in [Manifest.fileName, runFileName]
        where FileAccess.kind(of: "\(folder)/\(file)") != .missing {
            throw .usage("\(folder): is a data set, run or checkpoint (\(file)); name another folder with --output")
        }
        for network in networks { try checkIsOurs("\(folder)/\(network.rawValue)") }
        try FileAccess.makeFolder(folder)
        for network in networks {
            // Hidden names, which nobody gives to a folder of their own.
            let work = "\(folder)/.\(network.rawValue).partial"
            Self.remove(work)
            try FileAccess.makeNewFolder(work)
            do throws(Failure) {
                try write(network, into: work)
                FileAccess.synchronize(work)
                try putInPlace(work, network, in: folder)
            } catch {
                Self.remove(work)
                throw error
            }
        }
        FileAccess.synchronize(folder)
    }

    /// Refuses what an export did not write, or not alone: it would be gone.
    private func checkIsOurs(_ target: String) throws(Failure) {
        guard FileAccess.kind(of: target) != .missing else { return }
        let names = Set(try FileAccess.names(in: target))
        let foreign = names.subtracting(Self.names).min()
        let card = (try? FileAccess.contents(of: "\(target)/README.md", remedy: "")) ?? []
        guard foreign == nil, String(decoding: card, as: UTF8.self).contains(ModelCard.signature) else {
            throw .usage(
                "\(target): is there already and is not what export wrote (\(foreign ?? "no README.md of it")); "
                    + "name another folder with --output")
        }
    }

    private static let names =
        [HuggingFaceConfiguration.fileName, HuggingFaceWeights.fileName, "README.md"] + TokenizerFiles.names

    private static func remove(_ folder: String) {
        FileAccess.removeFolder(folder, where: names.contains)
    }

    /// The old one stands aside until the new one has its name.
    private func putInPlace(_ work: String, _ network: RunNetwork, in folder: String) throws(Failure) {
        let target = "\(folder)/\(network.rawValue)"
        let old = "\(folder)/.\(network.rawValue).old"
        Self.remove(old)
        if FileAccess.kind(of: target) != .missing { try FileAccess.rename(target, to: old) }
        do throws(Failure) {
            try FileAccess.rename(work, to: target)
        } catch {
            try? FileAccess.rename(old, to: target)
            throw error
        }
        Self.remove(old)
    }

    private func write(_ network: RunNetwork, into folder: String) throws(Failure) {
        let json = huggingFaceConfiguration(of: network).json.pretty + "\n"
        try FileAccess.write(Array(json.utf8), to: "\(folder)/\(HuggingFaceConfiguration.fileName)")
        try HuggingFaceWeights.write(
            tensors(of: network), of: parameters, to: "\(folder)/\(HuggingFaceWeights.fileName)")
        try tokenizer.write(to: folder)
        try FileAccess.write(Array(try card.text(for: network).utf8), to: "\(folder)/README.md")
    }

    private func huggingFaceConfiguration(of network: RunNetwork) -> HuggingFaceConfiguration {
        HuggingFaceConfiguration(
            network: network.kind, sizes: configuration.networks.sizes(of: network),
            vocabulary: configuration.networks.vocabularySize,
            maximumPositions: configuration.networks.maxPositions,
            hiddenDropout: configuration.dropout.hidden, attentionDropout: configuration.dropout.attention,
            initializerRange: configuration.networks.initializerRange, paddingToken: Int(tokenizer.vocabulary.padding))
    }

    /// Hugging Face's names, and where the numbers are. Shared embeddings stand in both files; the tied output matrix of the
    /// generator is left out, as transformers does: it is the word table.
    private func tensors(of network: RunNetwork) -> [(name: String, source: ParameterSpecification)] {
        func named(_ prefix: String, where isWanted: (String) -> Bool) -> [(String, ParameterSpecification)] {
            // What only training needs belongs to no class of transformers.
            let others = [CopyHead.name, RewardBaseline.name].map { prefix + $0 }
            return layout.specifications.filter { specification in
                specification.name.hasPrefix(prefix) && isWanted(specification.name)
                    && !others.contains { specification.name.hasPrefix($0) }
            }
            .map { (String($0.name.dropFirst(prefix.count)), $0) }
        }
        let own = named(network.rawValue + ".") { _ in true }
        let hasEmbeddings = own.contains { $0.0.hasPrefix("electra.embeddings.") }
        return
            (hasEmbeddings ? [] : named("\(main.rawValue).") { $0.hasPrefix("\(main.rawValue).electra.embeddings.") })
            + own
    }
}
