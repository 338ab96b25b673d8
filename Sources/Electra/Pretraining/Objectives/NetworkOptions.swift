import ElectraHuggingFace
import ElectraModel
import ElectraSupport
package import ElectraTraining

/// The two networks: their sizes, and how they start.
package struct NetworkOptions: Sendable, Equatable {
    /// Zero until the data set is known, which decides it.
    package var vocabularySize = 0
    package var maxLength = 128
    package var maxPositions = 512
    package var embeddingSize = 128
    package var hiddenSize = 256
    package var layers = 12
    package var heads = 4
    package var feedForwardSize = 1024
    package var generatorHiddenSize = 64
    package var generatorLayers = 12
    package var generatorHeads = 1
    package var generatorFeedForwardSize = 256
    package var embeddingSharing = EmbeddingSharing.shared
    package var initializerRange: Float = 0.02

    package static let fields: [ConfigurationField<Self>] = [
        .init(
            "vocabulary_size", \.vocabularySize, 0...1 << 26, "entries of the vocabulary; comes from the data set"),
        .init("max_length", \.maxLength, widths, "longest sequence in tokens; the data set's may be shorter"),
        .init("max_positions", \.maxPositions, widths, "rows of the position table"),
        .init("embedding_size", \.embeddingSize, widths, "width of the embeddings"),
        .init("hidden_size", \.hiddenSize, widths, "width of the discriminator"),
        .init("layers", \.layers, depths, "layers of the discriminator"),
        .init("heads", \.heads, depths, "attention heads of the discriminator"),
        .init(
            "feed_forward_size", \.feedForwardSize, widths, "inner width of the discriminator's feed-forward part"),
        .init("generator_hidden_size", \.generatorHiddenSize, widths, "width of the generator"),
        .init("generator_layers", \.generatorLayers, depths, "layers of the generator"),
        .init("generator_heads", \.generatorHeads, depths, "attention heads of the generator"),
        .init(
            "generator_feed_forward_size", \.generatorFeedForwardSize, widths, "inner width of the generator"),
        .init(
            "embedding_sharing", \.embeddingSharing,
            "shared by both networks; separate; or gradient_disentangled, where the main network's are the generator's, without "
                + "a gradient for these, and a difference"),
        .init("initializer_range", \.initializerRange, .notNegative, "deviation of the initial weights"),
    ]

    /// No product of two overflows; what MPI can count is checked where the model is made.
    private static let widths = 1...1 << 20
    private static let depths = 1...256

    func check() throws(Failure) {
        guard hiddenSize.isMultiple(of: heads) else {
            throw .usage("heads \(heads): do not divide hidden_size \(hiddenSize)")
        }
        guard generatorHiddenSize.isMultiple(of: generatorHeads) else {
            throw .usage(
                "generator_heads \(generatorHeads): do not divide generator_hidden_size \(generatorHiddenSize)")
        }
        guard maxLength >= 5 else {
            throw .usage("max_length \(maxLength): a sequence of [CLS] a [SEP] b [SEP] takes 5")
        }
        guard maxLength <= maxPositions else {
            throw .usage("max_length \(maxLength): the position table has max_positions = \(maxPositions) rows")
        }
    }
}

/// The networks that a run may have. Their parameters bear these names, and so do the folders of an export.
package enum RunNetwork: String, CaseIterable, Sendable {
    case discriminator, generator, encoder

    /// Of which class it is in transformers.
    var kind: Network {
        switch self {
        case .discriminator: .discriminator
        case .generator, .encoder: .generator
        }
    }
}

extension NetworkOptions {
    func sizes(of network: RunNetwork) -> EncoderSizes {
        switch network {
        case .discriminator, .encoder:
            EncoderSizes(
                embedding: embeddingSize, hidden: hiddenSize, layers: layers, heads: heads,
                feedForward: feedForwardSize)
        case .generator:
            // Embeddings of its own are as wide as the generator.
            EncoderSizes(
                embedding: embeddingSharing == .separate ? generatorHiddenSize : embeddingSize,
                hidden: generatorHiddenSize,
                layers: generatorLayers, heads: generatorHeads, feedForward: generatorFeedForwardSize)
        }
    }

    func pair(with main: RunNetwork) -> GeneratorPair {
        GeneratorPair(generator: generator, main: tower(of: main), sharing: embeddingSharing)
    }

    var discriminator: Discriminator { Discriminator(tower: tower(of: .discriminator)) }

    var generator: MaskedLanguageModel { MaskedLanguageModel(tower: tower(of: .generator)) }

    /// What is kept where the objective has no discriminator: as large as that would be.
    var encoder: MaskedLanguageModel { MaskedLanguageModel(tower: tower(of: .encoder)) }

    private func tower(of network: RunNetwork) -> Tower {
        Tower(
            network.rawValue, sizes(of: network),
            EmbeddingRows(vocabulary: vocabularySize, positions: maxPositions), initializerRange: initializerRange)
    }
}
