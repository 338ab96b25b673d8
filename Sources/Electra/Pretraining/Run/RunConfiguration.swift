package import ElectraTraining

/// Everything that decides what a run computes, and how it is kept. RUN/run.json holds it, resolved; the table of its
/// fields, with names and meanings, is `RunConfiguration.fields`.
package struct RunConfiguration: RunFile, Equatable {
    package var preset = "small"
    package var seed: UInt64 = 42

    // The networks. Zero where the data set decides.
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
    package var shareEmbeddings = true
    package var initializerRange: Float = 0.02
    package var hiddenDropout: Float = 0.1
    package var attentionDropout: Float = 0.1

    // The objective.
    package var maskProbability = 0.15
    package var maskWithReplacement = false
    package var generatorWeight: Float = 1
    package var discriminatorWeight: Float = 50
    package var temperature: Float = 1
    package var disallowCorrect = false
    package var uniformGenerator = false

    // The optimiser.
    package var batch = 128
    package var learningRate = 5e-4
    package var warmup = 10_000
    /// The warm-up as a share of the steps, where it was asked for as such: `warmup` follows from it.
    package var warmupShare: Double?
    package var steps = 1_000_000
    package var weightDecay: Float = 0.01
    package var adamBeta1 = 0.9
    package var adamBeta2 = 0.999
    package var adamEpsilon: Float = 1e-6
    package var biasCorrection = false
    package var clippingNorm: Float = 1

    // How the work is divided. Slices and micro-batches decide the order of additions, hence the bits.
    package var slices = 16
    package var microBatch = 4
    package var precision = "f32"

    // How the run is kept; none of these touches the bits.
    package var threads = 1
    package var saveEvery = 1000
    package var evaluateEvery = 1000
    package var evaluationSequences = 2048
    package var logEvery = 10
    package var keep = 5
    package var onNonfinite = "stop"

    /// The fingerprint of the data set.
    package var data = ""
    /// The fingerprint of the weights that the run starts from; empty for random ones.
    package var initialWeights = ""

    package init() {}
}

extension RunConfiguration {
    package var division: BatchDivision { BatchDivision(batch: batch, slices: slices, microBatch: microBatch) }

    package var schedule: LearningRateSchedule {
        LearningRateSchedule(peak: learningRate, warmup: warmup, steps: steps)
    }

    package var optimizer: any OptimizerOptions {
        AdamOptions(
            beta1: adamBeta1, beta2: adamBeta2, epsilon: adamEpsilon, weightDecay: weightDecay,
            correctsBias: biasCorrection)
    }

    package var optimizerState: [String] { type(of: optimizer).stateNames }

    var stepOptions: StepOptions {
        StepOptions(
            seed: seed, division: division, schedule: schedule, optimizer: optimizer, clippingNorm: clippingNorm)
    }
}
