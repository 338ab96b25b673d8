/// The sizes of one transformer encoder.
package struct EncoderSizes: Sendable, Equatable {
    package var embedding: Int
    package var hidden: Int
    package var layers: Int
    package var heads: Int
    package var feedForward: Int

    package init(embedding: Int, hidden: Int, layers: Int, heads: Int, feedForward: Int) {
        self.embedding = embedding
        self.hidden = hidden
        self.layers = layers
        self.heads = heads
        self.feedForward = feedForward
    }

    /// A projection from the embeddings' width stands in front of the encoder only where the widths differ.
    var hasProjection: Bool { embedding != hidden }
}

/// The rows of the embedding tables.
package struct EmbeddingRows: Sendable, Equatable {
    package var vocabulary: Int
    package var positions: Int
    package var types = 2

    package init(vocabulary: Int, positions: Int, types: Int = 2) {
        self.vocabulary = vocabulary
        self.positions = positions
        self.types = types
    }
}
