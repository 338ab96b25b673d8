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

/// The rows of the embedding tables.
struct EmbeddingRows: Sendable, Equatable {
    var vocabulary: Int
    var positions: Int
    var types = 2
}
