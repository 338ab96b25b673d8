package import ElectraSupport

extension RunConfiguration {
    package static let presetNames = ["tiny", "small", "small++", "base", "large"]

    /// The settings of the paper's models (K. Clark et al., 2020, table 6), every field of them: in the reference,
    /// naming a size changes the size only, and learning rate, length, batch and generator stay those of the small model.
    package static func preset(_ name: String) throws(Failure) -> RunConfiguration {
        var run = RunConfiguration()
        run.preset = name
        switch name {
        case "tiny":
            // For trying out, and for comparing with the reference's own code, which was run with these settings. Its
            // mask probability of 0.15 counts duplicates; 0.138 is what remains of it in distinct positions.
            run.maskProbability = 0.138
            run.setDiscriminator(embedding: 64, hidden: 128, layers: 4, heads: 2)
            run.setGenerator(hidden: 64, layers: 4, heads: 1)
            run.setTraining(batch: 32, slices: 8, microBatch: 4, learningRate: 1e-3, warmup: 200, steps: 2000)
            run.saveEvery = 500
            run.evaluateEvery = 500
        case "small":
            run.setDiscriminator(embedding: 128, hidden: 256, layers: 12, heads: 4)
            run.setGenerator(hidden: 64, layers: 12, heads: 1)
            run.setTraining(
                batch: 128, slices: 16, microBatch: 4, learningRate: 5e-4, warmup: 10_000, steps: 1_000_000)
        case "small++":
            // The released "small": a generator as wide as the discriminator, longer sequences, four times the steps.
            run.setDiscriminator(embedding: 128, hidden: 256, layers: 12, heads: 4)
            run.setGenerator(hidden: 256, layers: 12, heads: 4)
            run.maxLength = 512
            run.setTraining(
                batch: 128, slices: 32, microBatch: 1, learningRate: 5e-4, warmup: 10_000, steps: 4_000_000)
        case "base":
            run.setDiscriminator(embedding: 768, hidden: 768, layers: 12, heads: 12)
            run.setGenerator(hidden: 256, layers: 12, heads: 4)
            run.maxLength = 512
            run.setTraining(
                batch: 256, slices: 64, microBatch: 1, learningRate: 2e-4, warmup: 10_000, steps: 766_000)
        case "large":
            run.setDiscriminator(embedding: 1024, hidden: 1024, layers: 24, heads: 16)
            run.setGenerator(hidden: 256, layers: 24, heads: 4)
            run.maxLength = 512
            run.maskProbability = 0.25
            run.setTraining(
                batch: 2048, slices: 256, microBatch: 1, learningRate: 2e-4, warmup: 10_000, steps: 400_000)
        default:
            throw .usage("preset \"\(name)\": expected one of \(presetNames.joined(separator: ", "))")
        }
        return run
    }

    private mutating func setDiscriminator(embedding: Int, hidden: Int, layers: Int, heads: Int) {
        embeddingSize = embedding
        hiddenSize = hidden
        self.layers = layers
        self.heads = heads
        feedForwardSize = 4 * hidden
    }

    private mutating func setGenerator(hidden: Int, layers: Int, heads: Int) {
        generatorHiddenSize = hidden
        generatorLayers = layers
        generatorHeads = heads
        generatorFeedForwardSize = 4 * hidden
    }

    private mutating func setTraining(
        batch: Int, slices: Int, microBatch: Int, learningRate: Double, warmup: Int, steps: Int
    ) {
        self.batch = batch
        self.slices = slices
        self.microBatch = microBatch
        self.learningRate = learningRate
        self.warmup = warmup
        self.steps = steps
    }
}
