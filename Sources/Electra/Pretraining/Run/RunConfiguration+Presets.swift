package import ElectraSupport
import ElectraTraining

extension RunConfiguration {
    /// The settings of the paper's models (K. Clark et al., 2020, table 6): in the reference, naming a size changes the
    /// size only, and learning rate, length, batch and generator stay those of the small model. Each says what differs
    /// from the fields' defaults.
    private static let presets: KeyValuePairs<String, @Sendable (inout RunConfiguration) -> Void> = [
        // For trying out, and for comparing with the reference's own code, which was run with these settings. Its mask
        // probability of 0.15 counts duplicates; 0.138 is what remains of it in distinct positions.
        "tiny": { run in
            run.networks.embeddingSize = 64
            run.networks.setDiscriminator(hidden: 128, layers: 4, heads: 2)
            run.networks.setGenerator(hidden: 64, layers: 4, heads: 1)
            run.masking.probability = 0.138
            run.division = BatchDivision(batch: 32, slices: 8, microBatch: 4)
            run.schedule = LearningRateSchedule(peak: 1e-3, warmup: 200, steps: 2000)
            run.housekeeping.saveEvery = 500
            run.housekeeping.evaluateEvery = 500
        },
        "small": { _ in },
        // The released "small": a generator as wide as the discriminator, longer sequences, four times the steps.
        "small++": { run in
            run.networks.setGenerator(hidden: 256, layers: 12, heads: 4)
            run.networks.maxLength = 512
            run.division = BatchDivision(batch: 128, slices: 32, microBatch: 1)
            run.schedule.steps = 4_000_000
        },
        "base": { run in
            run.networks.embeddingSize = 768
            run.networks.setDiscriminator(hidden: 768, layers: 12, heads: 12)
            run.networks.setGenerator(hidden: 256, layers: 12, heads: 4)
            run.networks.maxLength = 512
            run.division = BatchDivision(batch: 256, slices: 64, microBatch: 1)
            run.schedule = LearningRateSchedule(peak: 2e-4, warmup: 10_000, steps: 766_000)
        },
        "large": { run in
            run.networks.embeddingSize = 1024
            run.networks.setDiscriminator(hidden: 1024, layers: 24, heads: 16)
            run.networks.setGenerator(hidden: 256, layers: 24, heads: 4)
            run.networks.maxLength = 512
            run.masking.probability = 0.25
            run.division = BatchDivision(batch: 2048, slices: 256, microBatch: 1)
            run.schedule = LearningRateSchedule(peak: 2e-4, warmup: 10_000, steps: 400_000)
        },
    ]

    package static let presetNames = presets.map(\.key)

    package static func preset(_ name: String) throws(Failure) -> RunConfiguration {
        guard let (_, set) = presets.first(where: { $0.key == name }) else {
            throw .usage("preset \"\(name)\": expected one of \(presetNames.joined(separator: ", "))")
        }
        var run = RunConfiguration()
        run.preset = name
        set(&run)
        return run
    }
}

/// In all presets the feed-forward part is four times as wide as its network.
extension NetworkOptions {
    fileprivate mutating func setDiscriminator(hidden: Int, layers: Int, heads: Int) {
        (hiddenSize, self.layers, self.heads, feedForwardSize) = (hidden, layers, heads, 4 * hidden)
    }

    fileprivate mutating func setGenerator(hidden: Int, layers: Int, heads: Int) {
        (generatorHiddenSize, generatorLayers) = (hidden, layers)
        (generatorHeads, generatorFeedForwardSize) = (heads, 4 * hidden)
    }
}
