/// Where dropout stands in one network, and the masks of one pass through it.
///
/// Every site of the network, sequence of the batch and step has a random stream of its own, so a mask is a pure
/// function of these, the same on whatever lane computes it.
package struct DropoutSource: Sendable {
    package enum Site: Int {
        case embeddings, attentionProbabilities, attentionOutput, feedForwardOutput
    }

    /// 0 for the generator, 1 for the discriminator; a head that has masks of its own counts as another.
    package let network: Int
    let hiddenThreshold: UInt16
    let attentionThreshold: UInt16
    package let seed: UInt64
    package let step: Int

    package init(network: Int, hiddenRate: Float, attentionRate: Float, seed: UInt64, step: Int) {
        self.network = network
        hiddenThreshold = Dropout.threshold(rate: hiddenRate)
        attentionThreshold = Dropout.threshold(rate: attentionRate)
        self.seed = seed
        self.step = step
    }

    /// No dropout: evaluation.
    package static func off(network: Int) -> DropoutSource {
        DropoutSource(network: network, hiddenRate: 0, attentionRate: 0, seed: 0, step: 0)
    }

    /// The mask over `columns` numbers of every token of a batch, or of those that are read, written to `keep`.
    package func hiddenMask(
        _ site: Site, layer: Int, batch: SequenceBatch, read: SequenceRows? = nil, columns: Int,
        _ keep: UnsafeMutablePointer<UInt8>
    ) -> DropoutMask {
        mask(batch, read, columns: columns, keep) { stream(site, layer: layer, head: 0, sequence: $0) }
    }

    /// The same of a head; `number` tells its masks apart.
    package func headMask(
        _ number: Int, batch: SequenceBatch, read: SequenceRows, columns: Int, _ keep: UnsafeMutablePointer<UInt8>
    ) -> DropoutMask {
        mask(batch, read, columns: columns, keep) { stream(.embeddings, layer: 0, head: number, sequence: $0) }
    }

    private func mask(
        _ batch: SequenceBatch, _ read: SequenceRows?, columns: Int, _ keep: UnsafeMutablePointer<UInt8>,
        stream: (_ key: Int) -> RandomStream
    ) -> DropoutMask {
        guard hiddenThreshold > 0 else { return .off }
        for sequence in 0..<batch.sequenceCount {
            let rows = read?.range(ofSequence: sequence) ?? batch.rows(of: sequence)
            Dropout.fillMask(
                keep + rows.lowerBound * columns, count: rows.count * columns, threshold: hiddenThreshold,
                stream: stream(batch.sequenceKey(of: sequence)))
        }
        return DropoutMask(keep: keep, scale: Dropout.scale(threshold: hiddenThreshold))
    }

    /// The mask over the attention probabilities of one head of one sequence.
    package func attentionMask(
        layer: Int, head: Int, sequence: Int, count: Int, _ keep: UnsafeMutablePointer<UInt8>
    ) -> DropoutMask {
        guard attentionThreshold > 0 else { return .off }
        Dropout.fillMask(
            keep, count: count, threshold: attentionThreshold,
            stream: stream(.attentionProbabilities, layer: layer, head: head, sequence: sequence))
        return DropoutMask(keep: keep, scale: attentionScale)
    }

    /// What the attention probabilities that stay are multiplied by.
    var attentionScale: Float { Dropout.scale(threshold: attentionThreshold) }

    private func stream(_ site: Site, layer: Int, head: Int, sequence: Int) -> RandomStream {
        let number = ((network * 256 + layer) * 4 + site.rawValue) * 256 + head
        return RandomStream(seed: seed, .dropout, site: number, step: step, sequence: sequence)
    }
}
