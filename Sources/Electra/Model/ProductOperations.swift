package import ElectraKernels

// Multiplications and additions of the matrix products of a forward pass, exact for the tokens that are computed. A backward pass has
// twice as many: each product has two operands, and a gradient for each.

extension Tower {
    package func operations(of batch: SequenceBatch) -> Int {
        var (tokens, pairs) = (0, 0)
        for sequence in 0..<batch.sequenceCount {
            let length = batch.length(of: sequence)
            tokens += length
            pairs += length * length
        }
        let (E, H, F) = (sizes.embedding, sizes.hidden, sizes.feedForward)
        // Query, key, value and output; both of the feed-forward part; scores and context of attention.
        let layer = tokens * (4 * H * H + 2 * H * F) + 2 * pairs * H
        return 2 * (sizes.layers * layer + (sizes.hasProjection ? tokens * E * H : 0))
    }
}

extension MaskedLanguageModel {
    /// With the vocabulary predicted at `chosen` positions.
    package func operations(of batch: SequenceBatch, chosen: Int) -> Int {
        let E = tower.sizes.embedding
        return tower.operations(of: batch) + 2 * chosen * E * (tower.sizes.hidden + tower.rows.vocabulary)
    }
}

extension Discriminator {
    package func operations(of batch: SequenceBatch) -> Int {
        let H = tower.sizes.hidden
        return tower.operations(of: batch) + 2 * batch.tokenCount * H * (H + 1)
    }
}
