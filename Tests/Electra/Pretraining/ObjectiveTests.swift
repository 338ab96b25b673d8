import Foundation
import TestSupport
import Testing

@testable import ElectraKernels
@testable import ElectraModel
@testable import ElectraPretraining
@testable import ElectraTraining

/// Both networks and their losses, dropout on, two sequences of unequal length: every parameter's gradient by
/// differences of the loss, with the samples held as they were first drawn (no gradient passes through them).
struct ObjectiveTests {
    let arena = Arena()

    enum Variant: CaseIterable {
        case shared, untied, equalWidths, noDropout, uniformGenerator, disallowedCorrect,
            maskedOnly

        var dropoutRate: Float { self == .noDropout ? 0 : 0.2 }

        /// Weights of like size, so that rounding in one loss does not hide the other.
        var options: ObjectiveOptions {
            ObjectiveOptions(
                generatorWeight: 1, discriminatorWeight: 4, temperature: 0.8,
                disallowsCorrect: self == .disallowedCorrect)
        }

        /// All sizes differ, none is a multiple of a vector width.
        var objective: any ReplacedTokenObjective {
            let rows = EmbeddingRows(vocabulary: 61, positions: 16)
            var large = EncoderSizes(embedding: 10, hidden: 15, layers: 2, heads: 3, feedForward: 21)
            var small = EncoderSizes(embedding: 10, hidden: 14, layers: 1, heads: 2, feedForward: 11)
            switch self {
            case .untied: small.embedding = small.hidden
            case .equalWidths: (large.embedding, small.embedding) = (large.hidden, large.hidden)
            case .shared, .noDropout, .uniformGenerator, .disallowedCorrect, .maskedOnly: break
            }
            let tower = Tower("discriminator", large, rows)
            let dropout = DropoutRates(hidden: dropoutRate, attention: dropoutRate)
            let masking = Masking(
                MaskingOptions(probability: 0.4), maximumLength: 11, vocabularySize: 61, cls: 2, sep: 3, mask: 4)
            if self == .uniformGenerator {
                return UniformReplacementObjective(
                    discriminator: Discriminator(tower: tower), dropout: dropout, options: options, masking: masking)
            }
            let pair = GeneratorPair(
                generator: MaskedLanguageModel(tower: Tower("generator", small, rows)), main: tower,
                sharing: self == .untied ? .separate : .shared)
            return ElectraObjective(
                pair, detecting: self == .maskedOnly ? .chosen : .all, dropout: dropout, options: options,
                masking: masking)
        }
    }

    private func batch<Objective: ReplacedTokenObjective>(of objective: Objective) -> MaskedBatch {
        let batch = objective.makeBatch(sequences: 2, arena: arena)
        for (key, length) in [(3, 11), (8, 6)] {
            var random = RandomNumbers(seed: key)
            let words = random.integers(length, below: 56)
            batch.append(key: key) { ids in
                for place in 0..<length { ids[place] = words[place] + 5 }
                ids[0] = 2
                ids[length - 1] = 3
                return (length, length / 2)
            }
            objective.masking.mask(lastOf: batch, seed: 1, step: 0)
        }
        return batch
    }

    private func context(_ maskedTokens: Int, _ tokens: Int) -> StepContext {
        StepContext(
            seed: 5, step: 7, isTraining: true, denominators: LossVector(maskedTokens, tokens, rest: 0))
    }

    private func sums() -> TaskSums {
        TaskSums(
            losses: arena.array(of: Double.self, count: 2),
            counts: arena.array(of: Int64.self, count: MetricCounts.size))
    }

    @Test(arguments: Variant.allCases)
    func gradientsAreDerivatives(_ variant: Variant) { checkGradients(of: variant.objective) }

    private func checkGradients<Objective: ReplacedTokenObjective>(of objective: Objective) {
        let parameters = ParameterStore(cut: objective.parameters)
        parameters.buffer.fillForTests(parameters.layout.specifications, seed: 4)
        let gradients = ParameterStore(cut: objective.parameters)
        let batch = batch(of: objective)
        let workspace = objective.makeWorkspace(sequences: 2, arena: arena)
        // As if other ranks held more: the losses are divided by what the caller says.
        let context = context(batch.maskedCount + 1, batch.sequences.tokenCount + 5)

        objective.forward(parameters.windows, workspace, batch, context, adding: sums())
        objective.backward(parameters.windows, adding: gradients.windows, workspace, batch)
        let tokens = 0..<batch.sequences.tokenCount
        let samples = tokens.map { (token: batch.corruptedIds[$0], isReplaced: batch.isReplaced[$0]) }
        #expect(samples.contains { $0.isReplaced } && samples.contains { !$0.isReplaced })

        func loss() -> Double {
            let sums = sums()
            objective.replaceMaskedTokens(parameters.windows, workspace, batch, context, adding: sums)
            for (row, sample) in zip(tokens, samples) {
                batch.corruptedIds[row] = sample.token
                batch.isReplaced[row] = sample.isReplaced
            }
            objective.detectReplacedTokens(parameters.windows, workspace, batch, context, adding: sums)
            return objective.losses.indices.reduce(0) {
                $0 + Double(objective.losses[$1].weight) * sums.losses[$1] / Double(context.denominators[$1])
            }
        }
        DirectionalDerivative(
            specifications: parameters.layout.specifications, parameters: parameters.buffer,
            gradient: gradients.buffer, loss: loss
        ).expectGradientOfAllParameters()
    }

    /// A second micro-batch adds its gradient to that of the first.
    @Test func gradientsAccumulate() { checkAccumulation(of: Variant.shared.objective) }

    private func checkAccumulation<Objective: ReplacedTokenObjective>(of objective: Objective) {
        let parameters = ParameterStore(cut: objective.parameters)
        parameters.buffer.fillForTests(parameters.layout.specifications, seed: 4)
        let batch = batch(of: objective)
        let workspace = objective.makeWorkspace(sequences: 2, arena: arena)
        let context = context(batch.maskedCount, batch.sequences.tokenCount)
        func gradient(rounds: Int) -> [Float] {
            let gradients = ParameterStore(cut: objective.parameters)
            for _ in 0..<rounds {
                objective.forward(parameters.windows, workspace, batch, context, adding: sums())
                objective.backward(parameters.windows, adding: gradients.windows, workspace, batch)
            }
            return Array(UnsafeBufferPointer(start: gradients.buffer.base, count: parameters.layout.count))
        }
        let once = gradient(rounds: 1)
        // Nothing is left of the first pass that could change the second.
        #expect(gradient(rounds: 1) == once)
        expectClose(gradient(rounds: 2), once.map { 2 * Double($0) }, bound: 4 * rounding, "two rounds")
    }

    /// A generator that knows nothing draws every token as often, and every token but the original where that is
    /// banned: binomial counts, five deviations.
    @Test(arguments: [false, true])
    func uniformGenerator(disallowsCorrect: Bool) {
        let batch = batch(of: Variant.uniformGenerator.objective)
        let vocabulary = 5
        let draws = RandomStream(seed: 3, .sampleReplacement)
        let rounds = 20_000
        var counts = [Int](repeating: 0, count: vocabulary)
        var options = ObjectiveOptions()
        options.disallowsCorrect = disallowsCorrect
        let original = 2
        let row = Int(batch.maskedRows[0])
        batch.sequences.ids[row] = Int32(original)
        let sums = sums()
        var wrongLabels = 0
        for round in 0..<rounds {
            batch.maskedUniforms[0] = draws.uniform(round)
            UniformReplacement.run(vocabulary: vocabulary, batch: batch, options: options, adding: sums)
            counts[Int(batch.corruptedIds[row])] += 1
            if batch.isReplaced[row] != (batch.corruptedIds[row] != original) { wrongLabels += 1 }
        }
        #expect(wrongLabels == 0)
        #expect(abs(sums.losses[0] - Double(rounds * batch.maskedCount) * log(5)) < 1e-6 * sums.losses[0])
        let share = disallowsCorrect ? 0.25 : 0.2
        let deviation = (share * (1 - share) * Double(rounds)).squareRoot()
        for (token, count) in counts.enumerated() {
            let expected = disallowsCorrect && token == original ? 0 : share * Double(rounds)
            #expect(abs(Double(count) - expected) < 5 * deviation, "token \(token): \(count)")
        }
    }
}
