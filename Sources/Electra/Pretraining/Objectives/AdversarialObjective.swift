import ElectraKernels
import ElectraModel
import ElectraTraining
import Glibc

/// Appendix F of the paper: the generator is trained to raise the discriminator's loss, by REINFORCE (R. Williams, 1992), as no
/// gradient passes through its samples. Of a sample s at a chosen position, with the discriminator's loss R there:
///
///     policy loss   = (R - b) (-log softmax(z)[s]), R and b held fixed
///     baseline      b = -log sigmoid(a), a = w . generator's encoder output
///     baseline loss = binary cross-entropy of sigmoid(a) and exp(-R), w alone is learnt by it
///
/// All are means over the chosen positions of the global batch. What the generator would have as MLM loss is measured only.
final class AdversarialObjective: ReplacedTokenObjective {
    typealias Parameters = GeneratorPair.Parameters<Opponents>

    /// The discriminator, and the generator's guess of how it will do.
    final class Opponents {
        let discriminator: Discriminator.Parameters
        let baseline: Baseline

        init(discriminator: Discriminator.Parameters, baseline: Baseline) {
            self.discriminator = discriminator
            self.baseline = baseline
        }
    }

    final class Baseline {
        /// Nothing of it is exported.
        static let name = "baseline"

        var weight: Tensor

        init(_ windows: inout ParameterWindows, of generator: Tower) {
            weight = windows.matrix(
                "\(generator.name).\(Self.name).weight", outputs: 1, inputs: generator.sizes.hidden, .zeros)
        }
    }

    final class Workspace {
        let generator: MaskedLanguageModel.Activations
        let discriminator: Discriminator.Activations
        /// The generator's encoder output at the chosen positions, and the baseline's logits, which turn into their gradient.
        var chosen_MH: Tensor
        var baseline_M: Tensor
        let samples: UnsafeMutablePointer<Int32>

        init(_ objective: AdversarialObjective, sequences: Int, arena: Arena) {
            let (pair, masking) = (objective.pair, objective.masking)
            let masked = sequences * masking.maximumPerSequence
            generator = pair.generatorActivations(sequences: sequences, masking, arena: arena)
            discriminator = Discriminator.Activations(
                objective.discriminator, tokens: sequences * masking.maximumLength,
                maximumLength: masking.maximumLength, arena: arena)
            chosen_MH = arena.tensor(rows: masked, columns: pair.generator.tower.sizes.hidden)
            baseline_M = arena.tensor(rows: masked, columns: 1)
            samples = arena.array(of: Int32.self, count: masked)
        }
    }

    let masking: Masking
    let options: ObjectiveOptions
    let losses: [LossTerm]
    let detected = DetectedTokens.all
    private let pair: GeneratorPair
    private let dropout: DropoutRates

    private var discriminator: Discriminator { Discriminator(tower: pair.main) }

    init(_ pair: GeneratorPair, dropout: DropoutRates, options: ObjectiveOptions, masking: Masking) {
        self.pair = pair
        self.dropout = dropout
        self.options = options
        self.masking = masking
        var measured = options.losses
        measured[0] = options.generatorLoss.weighted(0)
        losses =
            measured + [
                LossTerm(name: "policy", weight: options.generatorWeight, metric: "policy_loss", accuracy: ""),
                LossTerm(name: "baseline", weight: 1, metric: "baseline_loss", accuracy: "", digits: 4),
            ]
    }

    func parameters(_ windows: inout ParameterWindows) -> Parameters {
        pair.parameters(&windows) { windows, tower in
            (
                ReplacedTokenHead.Parameters(&windows, of: tower),
                Baseline(&windows, of: pair.generator.tower)
            )
        } main: { tower, heads in
            Opponents(discriminator: Discriminator.Parameters(tower: tower, head: heads.0), baseline: heads.1)
        }
    }

    func makeWorkspace(sequences: Int, arena: Arena) -> Workspace {
        Workspace(self, sequences: sequences, arena: arena)
    }

    func denominators(of batch: MaskedBatch) -> LossVector<Int> {
        LossVector(batch.maskedCount, batch.sequences.tokenCount, rest: batch.maskedCount)
    }

    func operations(of batch: MaskedBatch, _ context: StepContext) -> Int {
        // The baseline passes no gradient on.
        let baseline = 2 * batch.maskedCount * pair.generator.tower.sizes.hidden
        return 3 * pair.generatorOperations(of: batch) + 3 * discriminator.operations(of: batch.sequences) + 2
            * baseline
    }

    /// Leaves the logits as they are.
    func replaceMaskedTokens(
        _ p: Parameters, _ w: Workspace, _ batch: MaskedBatch, _ context: StepContext, adding sums: TaskSums
    ) {
        pair.generator.forward(
            p.generator, w.generator, ids: batch.maskedIds, at: batch.chosenRows, batch: batch.sequences,
            dropout: dropout.source(network: 0, context))
        let vocabulary = w.generator.head.logits_MV.columns
        for index in 0..<batch.maskedCount {
            let row = w.generator.head.logits_MV.base + index * vocabulary
            w.samples[index] = VocabularySoftmax.sample(
                row: row, count: vocabulary, prediction: VocabularySoftmax.prediction(row: row, count: vocabulary),
                temperature: 1, banned: nil, uniform: batch.maskedUniforms[index])
            batch.replace(masked: index, with: w.samples[index])
        }
    }

    func scoreTokens(
        _ p: Parameters, _ w: Workspace, _ batch: MaskedBatch, _ context: StepContext
    ) -> ReplacedTokenHead.Activations {
        discriminator.forward(
            p.main.discriminator, w.discriminator, ids: batch.corruptedIds, batch: batch.sequences,
            dropout: dropout.source(network: 1, context))
        return w.discriminator.head
    }

    func forward(
        _ p: Parameters, _ w: Workspace, _ batch: MaskedBatch, _ context: StepContext, adding sums: TaskSums
    ) {
        replaceMaskedTokens(p, w, batch, context, adding: sums)
        opposeDiscriminator(p, w, batch, context, adding: sums)
    }

    /// All losses of the samples that were drawn, whose gradients stay in the workspace.
    func opposeDiscriminator(
        _ p: Parameters, _ w: Workspace, _ batch: MaskedBatch, _ context: StepContext, adding sums: TaskSums
    ) {
        let head = scoreTokens(p, w, batch, context)
        RowSelection.gather(
            into: &w.chosen_MH, from: w.generator.tower.last.output_TH, rows: batch.maskedRows,
            count: batch.maskedCount)
        Linear.forward(into: &w.baseline_M, x: w.chosen_MH, rows: batch.maskedCount, weight: p.main.baseline.weight)
        for index in 0..<batch.maskedCount {
            let token = Int(batch.maskedRows[index])
            let reward = BinaryCrossEntropy.loss(
                logit: head.logits_T.base[token], isPositive: batch.isReplaced[token])
            reinforce(w, batch, index, reward: reward, context, adding: sums)
        }
        ReplacedTokenDetection.run(head, detected, batch: batch, options: options, context, adding: sums)
        sums.countPadding(batch.sequences, maximumLength: masking.maximumLength)
    }

    private func reinforce(
        _ w: Workspace, _ batch: MaskedBatch, _ index: Int, reward: Double, _ context: StepContext,
        adding sums: TaskSums
    ) {
        let vocabulary = w.generator.head.logits_MV.columns
        let row = w.generator.head.logits_MV.base + index * vocabulary
        let (sample, original) = (w.samples[index], batch.original(masked: index))
        let prediction = VocabularySoftmax.prediction(row: row, count: vocabulary)
        let difference = Double(row[Int(sample)]) - Double(row[Int(original)])
        let logit = w.baseline_M.base[index]
        let advantage = reward - BinaryCrossEntropy.loss(logit: logit, isPositive: true)
        let share = 1 / Double(context.denominators[2])
        let surprise = VocabularySoftmax.crossEntropy(
            row: row, count: vocabulary, prediction: prediction, target: sample,
            gradientScale: Float(Double(losses[2].weight) * share * advantage))
        sums.losses[0] += surprise + difference
        sums.losses[2] += advantage * surprise
        // exp(-R) is the probability that the discriminator gave to the truth.
        let truth = exp(-reward)
        sums.losses[3] +=
            truth * BinaryCrossEntropy.loss(logit: logit, isPositive: true)
            + (1 - truth) * BinaryCrossEntropy.loss(logit: logit, isPositive: false)
        let probability = Double(BinaryCrossEntropy.gradient(logit: logit, isPositive: false))
        w.baseline_M.base[index] = Float(Double(losses[3].weight) * share * (probability - truth))
        sums.countMasked(isCorrect: prediction.token == original, sampleIsCorrect: sample == original)
    }

    func backward(_ p: Parameters, adding d: Parameters, _ w: Workspace, _ batch: MaskedBatch) {
        discriminator.backward(
            p.main.discriminator, adding: d.main.discriminator, w.discriminator, ids: batch.corruptedIds,
            batch: batch.sequences)
        Linear.backward(
            addingWeight: &d.main.baseline.weight, dy: w.baseline_M, x: w.chosen_MH, rows: batch.maskedCount)
        pair.generator.backward(
            p.generator, adding: d.generator, w.generator, ids: batch.maskedIds, at: batch.chosenRows,
            batch: batch.sequences)
    }

    func metrics(losses: LossVector<Double>, counts: UnsafePointer<Int64>) -> Metrics {
        var metrics = Metrics(counts: counts, mlmLoss: losses[0], discLoss: losses[1], options: options)
        metrics.totalLoss = self.losses.indices.reduce(0) { $0 + Double(self.losses[$1].weight) * losses[$1] }
        for number in 2..<self.losses.count { metrics[self.losses[number].metric] = losses[number] }
        return metrics
    }
}
