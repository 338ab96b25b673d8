/// The sizes of one transformer encoder.
struct EncoderSizes: Sendable, Equatable {
    var embedding: Int
    var hidden: Int
    var layers: Int
    var heads: Int
    var feedForward: Int

    /// A projection from the embeddings' width stands in front of the encoder only where the widths differ.
    var hasProjection: Bool { embedding != hidden }
}

/// The sizes of generator and discriminator and what they share.
struct ModelConfiguration: Sendable, Equatable {
    var vocabulary: Int
    var maximumPositions: Int
    var types = 2
    var discriminator: EncoderSizes
    var generator: EncoderSizes
    /// Whether the generator uses the discriminator's embeddings (three tables and their LayerNorm).
    var sharesEmbeddings = true
    /// A generator that draws uniformly from the vocabulary has no network.
    var hasGenerator = true
    var initializerRange: Float = 0.02
}
