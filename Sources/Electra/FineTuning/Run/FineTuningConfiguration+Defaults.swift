import ElectraHuggingFace
import ElectraModel
package import ElectraSupport
package import ElectraTraining

extension FineTuningConfiguration {
    /// The paper's settings for a model of this width (K. Clark et al., 2020, table 7), and what follows from the examples;
    /// then `options`.
    package static func resolve<Kind: TaskKind>(
        for data: FineTuningData<Kind>, task: String, epochs: Double?, maxLength: Int, seed: UInt64,
        options: [(key: String, value: ConfigurationValue)]
    ) throws(Failure) -> FineTuningConfiguration {
        var run = FineTuningConfiguration()
        let model = data.folder.configuration
        (run.task, run.seed, run.maxLength) = (task, seed, maxLength)
        if let epochs { run.epochs = epochs }
        let width = model.sizes.hidden
        run.schedule.peak = width < 512 ? 3e-4 : width < 1024 ? 1e-4 : 5e-5
        run.schedule.warmupShare = 0.1
        run.layerDecay.decay = width < 1024 ? 0.8 : 0.9
        (run.dropout.hidden, run.dropout.attention) = (model.hiddenDropout, model.attentionDropout)
        run.headDropout = model.classifierDropout ?? model.hiddenDropout
        (run.model, run.data) = (data.modelFingerprint, data.fingerprint)

        var given: Set<String> = []
        for (key, value) in options {
            switch key {
            case "task", "model", "data", "max_length":
                throw .usage("field \(key): comes from other options; leave --set \(key) out")
            default: try run.set(key, to: value)
            }
            given.insert(key)
        }
        // What is beyond all bounds would take as long to divide.
        for field in fields where !["slices", "micro_batch", "steps"].contains(field.key) { try field.check(run) }
        let examples = data.train.encoded.examples
        let perEpoch = Double(examples.count) / Double(run.division.batch)
        if !given.contains("steps") { run.schedule.steps = max(1, Int((perEpoch * run.epochs).rounded(.up))) }
        let tokens = examples.reduce(0) { $0 + $1.ids.count } / examples.count
        if !given.contains("slices") { run.division.slices = slices(batch: run.division.batch, meanTokens: tokens) }
        if !given.contains("micro_batch") {
            run.division.microBatch = max(
                1, min(mostTokens / data.maximumLength, run.division.batch / max(run.division.slices, 1)))
        }
        if !given.contains("evaluate_every") { run.housekeeping.evaluateEvery = max(1, Int(perEpoch.rounded(.up))) }
        try run.complete()
        return run
    }

    /// Tokens that go through at a time, at most: what is more leaves the cache.
    private static let mostTokens = 1024
    /// Tokens of a slice: each adds to the gradient of all parameters, which takes as long as many tokens.
    private static let leastTokens = 384

    /// As many as have enough to do, but four, which keep four cores busy.
    private static func slices(batch: Int, meanTokens: Int) -> Int {
        let most = max(4, batch * meanTokens / leastTokens)
        return (1...batch).last { batch.isMultiple(of: $0) && $0 <= most } ?? 1
    }
}
