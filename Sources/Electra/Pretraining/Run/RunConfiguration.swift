/// Everything that decides what a run computes, and how it is kept. RUN/run.json holds it, resolved; the table of its
/// fields, with names and meanings, is `RunConfiguration.fields`.
public struct RunConfiguration: RunFile, Equatable {
    public var preset = "small"
    public var seed: UInt64 = 42

    // The networks. Zero where the data set decides.
    public var vocabularySize = 0
    public var maxLength = 128
    public var maxPositions = 512
    public var embeddingSize = 128
    public var hiddenSize = 256
    public var layers = 12
    public var heads = 4
    public var feedForwardSize = 1024
    public var generatorHiddenSize = 64
    public var generatorLayers = 12
    public var generatorHeads = 1
    public var generatorFeedForwardSize = 256
    public var shareEmbeddings = true
    public var initializerRange: Float = 0.02
    public var hiddenDropout: Float = 0.1
    public var attentionDropout: Float = 0.1

    // The objective.
    public var maskProbability = 0.15
    public var maskWithReplacement = false
    public var generatorWeight: Float = 1
    public var discriminatorWeight: Float = 50
    public var temperature: Float = 1
    public var disallowCorrect = false
    public var uniformGenerator = false

    // The optimiser.
    public var batch = 128
    public var learningRate = 5e-4
    public var warmup = 10_000
    /// The warm-up as a share of the steps, where it was asked for as such: `warmup` follows from it.
    public var warmupShare: Double?
    public var steps = 1_000_000
    public var weightDecay: Float = 0.01
    public var adamBeta1 = 0.9
    public var adamBeta2 = 0.999
    public var adamEpsilon: Float = 1e-6
    public var biasCorrection = false
    public var clippingNorm: Float = 1

    // How the work is divided. Slices and micro-batches decide the order of additions, hence the bits.
    public var slices = 16
    public var microBatch = 4
    public var precision = "f32"

    // How the run is kept; none of these touches the bits.
    public var threads = 1
    public var saveEvery = 1000
    public var evaluateEvery = 1000
    public var evaluationSequences = 2048
    public var logEvery = 10
    public var keep = 5
    public var onNonfinite = "stop"

    /// The fingerprint of the data set.
    public var data = ""
    /// The fingerprint of the weights that the run starts from; empty for random ones.
    public var initialWeights = ""

    public init() {}
}

extension RunConfiguration {
    var division: BatchDivision { BatchDivision(batch: batch, slices: slices, microBatch: microBatch) }

    var schedule: LearningRateSchedule {
        LearningRateSchedule(peak: learningRate, warmup: warmup, steps: steps)
    }

    var optimizer: any OptimizerOptions {
        AdamOptions(
            beta1: adamBeta1, beta2: adamBeta2, epsilon: adamEpsilon, weightDecay: weightDecay,
            correctsBias: biasCorrection)
    }

    public var optimizerState: [String] { type(of: optimizer).stateNames }

    var stepOptions: StepOptions {
        StepOptions(
            seed: seed, division: division, schedule: schedule, optimizer: optimizer, clippingNorm: clippingNorm)
    }
}
