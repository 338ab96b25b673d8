/// One network of a Hugging Face folder with its tokenizer, in memory, to be run forward. Nothing of it changes, so all
/// threads share it.
public final class PretrainedNetwork: @unchecked Sendable {
    // Unchecked: the buffer is written in `init` only.
    public let path: String
    public let vocabulary: Vocabulary
    public let rules: TextRules
    /// Longest sequence, with [CLS] and [SEP], that the network was trained on as far as the folder tells.
    public let maximumLength: Int
    public var hiddenSize: Int { sizes.hidden }
    let sizes: EncoderSizes
    let model: ModelConfiguration
    let parts: Parts
    private let buffer: FlatBuffer

    /// What the network consists of; a head where the folder has one.
    final class Parts {
        let embeddings: Embeddings.Parameters
        let encoder: Encoder.Parameters
        let replacedTokenHead: ReplacedTokenHead.Parameters?
        let maskedTokenHead: MaskedTokenHead.Parameters?

        init(_ windows: inout ParameterWindows, _ network: Network?, _ model: ModelConfiguration) {
            let name = PretrainedNetwork.prefix(network)
            let sizes = model.discriminator
            embeddings = Embeddings.Parameters(&windows, network: name, width: sizes.embedding, model)
            encoder = Encoder.Parameters(
                &windows, network: name, sizes, initializerRange: model.initializerRange)
            replacedTokenHead =
                network == .discriminator
                ? ReplacedTokenHead.Parameters(&windows, sizes, initializerRange: model.initializerRange) : nil
            maskedTokenHead =
                network == .generator
                ? MaskedTokenHead.Parameters(
                    &windows, sizes, vocabulary: model.vocabulary, initializerRange: model.initializerRange) : nil
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
        sizes = configuration.sizes
        let model = ModelConfiguration(
            vocabulary: configuration.vocabulary, maximumPositions: configuration.maximumPositions,
            discriminator: configuration.sizes, generator: configuration.sizes)
        self.model = model
        let layout = ParameterLayout { _ = Parts(&$0, network, model) }
        try folder.check(layout, prefix: Self.prefix(network))
        buffer = FlatBuffer(count: layout.count)
        var windows = ParameterWindows(base: buffer.base)
        parts = Parts(&windows, network, model)
        _ = try folder.load(layout, prefix: Self.prefix(network), into: buffer) { _ in false }
    }

    private static func prefix(_ network: Network?) -> String { (network ?? .discriminator).rawValue }
}
