package import ElectraCorpus
package import ElectraKernels
import ElectraModel
package import ElectraSupport
package import ElectraTraining

/// What a pre-training run learns: a task on masked text. Each is one file.
package protocol PretrainingObjective: TrainingTask where Batch == MaskedBatch, Examples == SequenceStore {
    var masking: Masking { get }
}

extension PretrainingObjective {
    package func makeBatch(sequences: Int, arena: Arena) -> MaskedBatch {
        MaskedBatch(
            maximumSequences: sequences, maximumLength: masking.maximumLength,
            maximumMaskedPerSequence: masking.maximumPerSequence, arena: arena)
    }

    /// Reads the sequences and masks them anew.
    package func fill(
        _ batch: MaskedBatch, with chosen: UnsafeBufferPointer<ChosenExample>, of examples: SequenceStore,
        _ workspace: Workspace, _ context: StepContext
    ) throws(Failure) {
        for example in chosen {
            try batch.append(key: example.key) { (ids) throws(Failure) in try examples.read(example.number, into: ids) }
            masking.mask(lastOf: batch, seed: context.seed, step: context.step)
        }
    }
}

/// An objective that puts other tokens in the place of masked ones, and learns to find them:
///
///     masked text -> replacements (MLM loss) -> corrupted text -> discriminator (RTD loss)
///
/// No gradient passes through the replacements (docs/algorithm.md 5-7).
protocol ReplacedTokenObjective: PretrainingObjective {
    var options: ObjectiveOptions { get }
    var detected: DetectedTokens { get }

    /// The MLM loss (whose gradient stays in the workspace), and replacements put into the batch.
    func replaceMaskedTokens(
        _ parameters: Parameters, _ workspace: Workspace, _ batch: MaskedBatch, _ context: StepContext,
        adding sums: TaskSums)
    /// One logit for every token of the corrupted text.
    func scoreTokens(
        _ parameters: Parameters, _ workspace: Workspace, _ batch: MaskedBatch, _ context: StepContext
    ) -> ReplacedTokenHead.Activations
}

extension ReplacedTokenObjective {
    /// Masked tokens for the MLM loss, all tokens that are asked for the RTD loss.
    func denominators(of batch: MaskedBatch) -> LossVector<Int> {
        LossVector(batch.maskedCount, detected.count(in: batch), rest: 0)
    }

    func forward(
        _ parameters: Parameters, _ workspace: Workspace, _ batch: MaskedBatch, _ context: StepContext,
        adding sums: TaskSums
    ) {
        replaceMaskedTokens(parameters, workspace, batch, context, adding: sums)
        detectReplacedTokens(parameters, workspace, batch, context, adding: sums)
        sums.countPadding(batch.sequences, maximumLength: masking.maximumLength)
    }

    /// The RTD loss, whose gradient stays in the workspace.
    func detectReplacedTokens(
        _ parameters: Parameters, _ workspace: Workspace, _ batch: MaskedBatch, _ context: StepContext,
        adding sums: TaskSums
    ) {
        let head = scoreTokens(parameters, workspace, batch, context)
        ReplacedTokenDetection.run(head, detected, batch: batch, options: options, context, adding: sums)
    }

    var metricCounts: Int { MetricCounts.size }

    func metrics(losses: LossVector<Double>, counts: UnsafePointer<Int64>) -> Metrics {
        Metrics(counts: counts, mlmLoss: losses[0], discLoss: losses[1], options: options)
    }
}
