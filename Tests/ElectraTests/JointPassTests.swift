import Foundation
import Testing

@testable import Electra

/// Both networks and their losses, dropout on, two sequences of unequal length: every parameter's gradient by
/// differences of the loss, with the samples held as they were first drawn (no gradient passes through them).
struct JointPassTests {
    let arena = Arena()

    enum Variant: CaseIterable {
        case shared, untied, equalWidths, noDropout, uniformGenerator, disallowedCorrect

        var model: ModelConfiguration {
            var model = ModelConfiguration.tinyForTests
            switch self {
            case .untied:
                model.sharesEmbeddings = false
                model.generator.embedding = model.generator.hidden
            case .equalWidths:
                model.discriminator.embedding = model.discriminator.hidden
                model.generator.embedding = model.discriminator.hidden
            case .uniformGenerator:
                model.hasGenerator = false
            case .shared, .noDropout, .disallowedCorrect:
                break
            }
            return model
        }

        var dropoutRate: Float { self == .noDropout ? 0 : 0.2 }

        /// Weights of like size, so that rounding in one loss does not hide the other.
        var options: ObjectiveOptions {
            ObjectiveOptions(
                generatorWeight: 1, discriminatorWeight: 4, temperature: 0.8,
                disallowsCorrect: self == .disallowedCorrect)
        }
    }

    private func batch() -> MicroBatch {
        let batch = MicroBatch(maximumSequences: 2, maximumLength: 11, maximumMaskedPerSequence: 4, arena: arena)
        let masking = Masking(probability: 0.4, maximumLength: 11, cls: 2, sep: 3, mask: 4)
        let scratch = arena.array(of: Int32.self, count: Masking.scratchCount(maximumLength: 11))
        for (key, length) in [(3, 11), (8, 6)] {
            var random = RandomNumbers(seed: key)
            let words = random.integers(length, below: 56)
            batch.append(key: key) { ids in
                for place in 0..<length { ids[place] = words[place] + 5 }
                ids[0] = 2
                ids[length - 1] = 3
                return (length, length / 2)
            }
            masking.mask(lastOf: batch, seed: 1, step: 0, scratch: scratch)
        }
        return batch
    }

    @Test(arguments: Variant.allCases)
    func gradientsAreDerivatives(_ variant: Variant) {
        let model = variant.model
        let layout = ParameterLayout(model)
        let parameters = ParameterStore(model, layout: layout)
        parameters.buffer.fillForTests(layout.specifications, seed: 4)
        let gradients = ParameterStore(model, layout: layout)
        let networks = Networks(
            model, options: variant.options, hiddenDropout: variant.dropoutRate, attentionDropout: variant.dropoutRate)
        let batch = batch()
        // As if other ranks held more: the losses are divided by what the caller says.
        let counts = GlobalCounts(maskedTokens: batch.maskedCount + 1, tokens: batch.tokenCount + 5)
        let pass = JointPass(
            networks: networks, parameters: parameters.windows,
            activations: JointPass.Activations(
                model, tokens: batch.maximumTokens, masked: batch.maximumMasked, maximumLength: 11, arena: arena),
            batch: batch, dropout: networks.dropout(seed: 5, step: 7), counts: counts)
        let metricCounts = arena.array(of: Int64.self, count: MetricCounts.size)

        var sums = ObjectiveSums(counts: metricCounts)
        pass.forward(adding: &sums)
        pass.backward(adding: gradients.windows)
        let tokens = 0..<batch.tokenCount
        let samples = tokens.map { (token: batch.corruptedIds[$0], isReplaced: batch.isReplaced[$0]) }
        #expect(samples.contains { $0.isReplaced } && samples.contains { !$0.isReplaced })

        func loss() -> Double {
            var sums = ObjectiveSums(counts: metricCounts)
            pass.replaceMaskedTokens(adding: &sums)
            for (row, sample) in zip(tokens, samples) {
                batch.corruptedIds[row] = sample.token
                batch.isReplaced[row] = sample.isReplaced
            }
            pass.detectReplacedTokens(adding: &sums)
            return Double(variant.options.generatorWeight) * sums.maskedLoss / Double(counts.maskedTokens)
                + Double(variant.options.discriminatorWeight) * sums.replacedLoss / Double(counts.tokens)
        }
        DirectionalDerivative(
            specifications: layout.specifications, parameters: parameters.buffer, gradient: gradients.buffer,
            loss: loss
        ).expectGradientOfAllParameters()
    }

    /// A second micro-batch adds its gradient to that of the first.
    @Test func gradientsAccumulate() {
        let model = ModelConfiguration.tinyForTests
        let layout = ParameterLayout(model)
        let parameters = ParameterStore(model, layout: layout)
        parameters.buffer.fillForTests(layout.specifications, seed: 4)
        let networks = Networks(
            model, options: Variant.shared.options, hiddenDropout: 0.2, attentionDropout: 0.2)
        let batch = batch()
        let activations = JointPass.Activations(
            model, tokens: batch.maximumTokens, masked: batch.maximumMasked, maximumLength: 11, arena: arena)
        let metricCounts = arena.array(of: Int64.self, count: MetricCounts.size)
        func gradient(rounds: Int) -> [Float] {
            let gradients = ParameterStore(model, layout: layout)
            for _ in 0..<rounds {
                let pass = JointPass(
                    networks: networks, parameters: parameters.windows, activations: activations, batch: batch,
                    dropout: networks.dropout(seed: 5, step: 7),
                    counts: GlobalCounts(maskedTokens: batch.maskedCount, tokens: batch.tokenCount))
                var sums = ObjectiveSums(counts: metricCounts)
                pass.forward(adding: &sums)
                pass.backward(adding: gradients.windows)
            }
            return Array(UnsafeBufferPointer(start: gradients.buffer.base, count: layout.count))
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
        let batch = batch()
        let vocabulary = 5
        let draws = RandomStream(seed: 3, .sampleReplacement)
        let rounds = 20_000
        var counts = [Int](repeating: 0, count: vocabulary)
        let metricCounts = arena.array(of: Int64.self, count: MetricCounts.size)
        var options = ObjectiveOptions()
        options.disallowsCorrect = disallowsCorrect
        let original = 2
        let row = Int(batch.maskedRows[0])
        batch.ids[row] = Int32(original)
        var sums = ObjectiveSums(counts: metricCounts)
        var wrongLabels = 0
        for round in 0..<rounds {
            batch.maskedUniforms[0] = draws.uniform(round)
            SampledReplacement.runUniform(vocabulary: vocabulary, batch: batch, options: options, adding: &sums)
            counts[Int(batch.corruptedIds[row])] += 1
            if batch.isReplaced[row] != (batch.corruptedIds[row] != original) { wrongLabels += 1 }
        }
        #expect(wrongLabels == 0)
        #expect(abs(sums.maskedLoss - Double(rounds * batch.maskedCount) * log(5)) < 1e-6 * sums.maskedLoss)
        let share = disallowsCorrect ? 0.25 : 0.2
        let deviation = (share * (1 - share) * Double(rounds)).squareRoot()
        for (token, count) in counts.enumerated() {
            let expected = disallowsCorrect && token == original ? 0 : share * Double(rounds)
            #expect(abs(Double(count) - expected) < 5 * deviation, "token \(token): \(count)")
        }
    }
}
