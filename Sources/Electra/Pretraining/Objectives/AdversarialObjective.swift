import ElectraKernels
import ElectraModel
import ElectraTraining

/// Appendix F of the paper: the generator is trained to raise the discriminator's loss, by REINFORCE (R. Williams, 1992), as no
/// gradient passes through its samples. Of a sample s at a chosen position, with the discriminator's loss R there:
///
///     policy loss = (R - b) (-log softmax(z)[s]), R and b held fixed
///
/// where b is what `RewardBaseline` expects. Both have means over the chosen positions of the global batch. What the generator would have as MLM loss is measured only.
final class AdversarialObjective: ReplacedTokenObjective {
    typealias Parameters = GeneratorPair.Parameters<Opponents>

    /// The discriminator, and the generator's guess of how it will do.
    final class Opponents {
        let discriminator: Discriminator.Parameters
        let baseline: RewardBaseline.Parameters

        init(discriminator: Discriminator.Parameters, baseline: RewardBaseline.Parameters) {
            self.discriminator = discriminator
            self.baseline = baseline
        }
    }

    final class Workspace {
        let generator: MaskedLanguageModel.Activations
        let discriminator: Discriminator.Activations
        let baseline: RewardBaseline.Activations
        let samples: UnsafeMutablePointer<Int32>

        init(_ objective: AdversarialObjective, sequences: Int, arena: Arena) {
            let (pair, masking) = (objective.pair, objective.masking)
            let masked = sequences * masking.maximumPerSequence
            generator = pair.generatorActivations(sequences: sequences, masking, arena: arena)
            discriminator = Discriminator.Activations(
                objective.discriminator, tokens: sequences * masking.maximumLength,
                maximumLength: masking.maximumLength, arena: arena)
            baseline = RewardBaseline.Activations(pair.generator.tower, masked: masked, arena: arena)
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
                RewardBaseline.Parameters(&windows, of: pair.generator.tower)
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
        3 * pair.generatorOperations(of: batch) + 3 * discriminator.operations(of: batch.sequences)
            + RewardBaseline.operations(of: pair.generator.tower, masked: batch.maskedCount)
    }

    /// Leaves the logits as they are.
    func replaceMaskedTokens(
        _ p: Parameters, _ w: Workspace, _ batch: MaskedBatch, _ context: StepContext, adding sums: TaskSums
    ) {
        pair.generatorForward(p, w.generator, batch, dropout: dropout.source(network: 0, context))
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
        let head = scoreTokens(p, w, batch, context)
        RewardBaseline.forward(
            p.main.baseline, w.baseline, encoded_TH: w.generator.tower.last.output_TH, at: batch.chosenRows)
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
        let advantage = reward - w.baseline.expectedReward(index)
        let share = 1 / Double(context.denominators[2])
        let surprise = VocabularySoftmax.crossEntropy(
            row: row, count: vocabulary, prediction: prediction, target: sample,
            gradientScale: Float(Double(losses[2].weight) * share * advantage))
        sums.losses[0] += surprise + difference
        sums.losses[2] += advantage * surprise
        sums.losses[3] += w.baseline.loss(
            index, reward: reward, gradientScale: Double(losses[3].weight) / Double(context.denominators[3]))
        sums.countMasked(isCorrect: prediction.token == original, sampleIsCorrect: sample == original)
    }

    func backward(_ p: Parameters, adding d: Parameters, _ w: Workspace, _ batch: MaskedBatch) {
        discriminator.backward(
            p.main.discriminator, adding: d.main.discriminator, w.discriminator, ids: batch.corruptedIds,
            batch: batch.sequences)
        RewardBaseline.backward(adding: d.main.baseline, w.baseline, rows: batch.maskedCount)
        pair.generatorBackward(p, adding: d, w.generator, batch)
    }

    func metrics(losses: LossVector<Double>, counts: UnsafePointer<Int64>) -> Metrics {
        var metrics = Metrics(counts: counts, mlmLoss: losses[0], discLoss: losses[1], options: options)
        metrics.totalLoss = self.losses.indices.reduce(0) { $0 + Double(self.losses[$1].weight) * losses[$1] }
        for number in 2..<self.losses.count { metrics[self.losses[number].metric] = losses[number] }
        return metrics
    }
}
