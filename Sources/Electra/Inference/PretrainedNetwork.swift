package import ElectraCorpus
public import ElectraHuggingFace
import ElectraKernels
package import ElectraModel
public import ElectraSupport

/// One network of a Hugging Face folder with its tokenizer, in memory, to be run forward. Nothing of it changes, so all
/// threads share it.
public final class PretrainedNetwork: @unchecked Sendable {
    // Unchecked: the buffer is written in `init` only.
    public let path: String
    package let vocabulary: Vocabulary
    package let rules: TextRules
    /// Longest sequence, with [CLS] and [SEP], that the network was trained on as far as the folder tells.
    public let maximumLength: Int
    public var hiddenSize: Int { tower.sizes.hidden }
    package let tower: Tower
    package let parts: Parts
    private let buffer: FlatBuffer

    /// What the network consists of; a head where the folder has one.
    package final class Parts {
        package let tower: Tower.Parameters
        package let replacedTokenHead: ReplacedTokenHead.Parameters?
        package let maskedTokenHead: MaskedTokenHead.Parameters?

        package init(_ windows: inout ParameterWindows, _ network: Network?, of tower: Tower) {
            self.tower = Tower.Parameters(&windows, of: tower)
            replacedTokenHead =
                network == .discriminator ? ReplacedTokenHead.Parameters(&windows, of: tower) : nil
            maskedTokenHead = network == .generator ? MaskedTokenHead.Parameters(&windows, of: tower) : nil
        }
    }

    /// `network` is what the folder must hold; nil for an encoder with whatever head.
    public init(_ path: String, network: Network?) throws(Failure) {
        let folder = try HuggingFaceFolder(path, network: network)
        let configuration = folder.configuration
        if let network, configuration.network != network {
            throw .usage(
                "\(folder.path): its config.json names no \(network.architecture), so it has no \(network.rawValue)'s "
                    + "head; name another folder with --model")
        }
        let tokenizer = try folder.tokenizer()
        self.path = folder.path
        vocabulary = tokenizer.vocabulary
        rules = tokenizer.rules
        maximumLength = min(configuration.maximumPositions, tokenizer.maximumLength ?? .max)
        let prefix = (network ?? .discriminator).rawValue
        let tower = Tower(
            prefix, configuration.sizes,
            EmbeddingRows(vocabulary: configuration.vocabulary, positions: configuration.maximumPositions))
        self.tower = tower
        let layout = ParameterLayout { _ = Parts(&$0, network, of: tower) }
        try folder.check(layout, prefix: prefix)
        buffer = FlatBuffer(count: layout.count)
        var windows = ParameterWindows(base: buffer.base)
        parts = Parts(&windows, network, of: tower)
        _ = try folder.load(layout, prefix: prefix, into: buffer) { _ in false }
    }
}
