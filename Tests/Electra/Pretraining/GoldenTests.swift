import Collectives
import TestSupport
import Testing

@testable import ElectraHuggingFace
@testable import ElectraKernels
@testable import ElectraModel
@testable import ElectraPretraining
@testable import ElectraTraining

/// Against Hugging Face transformers, for every case folder; bounds are those that float32 keeps to on these sizes.
@Suite struct GoldenTests {
    @Test func thereAreCases() {
        #expect(GoldenFolders.own.count == 2)
        // One that ELECTRA_GOLDEN names may have a single one.
        #expect(!GoldenFolders.all.isEmpty)
    }

    @Test(arguments: GoldenFolders.all)
    func forwardGivesTheSameStatesLogitsAndLosses(folder: String) throws {
        let test = try GoldenCase(folder: folder)
        let generator = test.workspace.generator
        test.objective.generator.forward(
            test.parameters.windows.generator, generator, ids: test.batch.maskedIds, at: test.batch.chosenRows,
            batch: test.batch.sequences, dropout: .off(network: 0))
        #expect(
            largestDifference(
                generator.tower.last.output_TH.base, try test.unpadded("output.generator_hidden")) < 1e-4)
        #expect(largestDifference(generator.head.logits_MV.base, try test.golden.doubles("output.mlm_logits")) < 1e-4)

        test.putGoldenSamples()
        let head = test.objective.scoreTokens(test.parameters.windows, test.workspace, test.batch, test.context)
        #expect(
            largestDifference(
                test.workspace.discriminator.tower.last.output_TH.base,
                try test.unpadded("output.discriminator_hidden")) < 1e-4)
        #expect(largestDifference(head.logits_T.base, try test.unpadded("output.rtd_logits")) < 1e-4)
        let labels = try test.unpadded("output.rtd_labels")
        #expect((0..<test.batch.sequences.tokenCount).map { test.batch.isReplaced[$0] ? 1.0 : 0.0 } == labels)

        let loss = test.forward()
        try expectClose(loss.masked, test.golden.doubles("output.mlm_loss")[0], 1e-5)
        try expectClose(loss.replaced, test.golden.doubles("output.rtd_loss")[0], 1e-5)
        try expectClose(loss.total, test.golden.doubles("output.total_loss")[0], 1e-5)
    }

    @Test(arguments: GoldenFolders.all)
    func backwardGivesTheSameGradients(folder: String) throws {
        let test = try GoldenCase(folder: folder)
        _ = test.forward()
        let gradients = test.gradients()
        let gradientNorm = try test.golden.doubles("output.gradient_norm")[0]
        for specification in test.parameters.layout.specifications {
            let expected = try test.golden.doubles("gradient.\(specification.name)", shape: specification.shape)
            let found = gradients.buffer.base + specification.offset
            if specification.name.hasSuffix("attention.self.key.bias") {
                // A softmax does not feel a key's bias, which adds the same to all scores of a row: the true gradient is
                // zero, and what float64 and float32 leave of it is rounding.
                #expect(length(expected) < 1e-12 * gradientNorm)
                #expect(largestDifference(found, expected) < 1e-6 * gradientNorm, "\(specification.name)")
            } else {
                #expect(relativeDistance(found, expected) < 1e-4, "\(specification.name)")
            }
        }
    }

    private func length(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }

    @Test(arguments: GoldenFolders.all)
    func fiveUpdatesFollowTheReferenceOptimiser(folder: String) throws {
        let test = try GoldenCase(folder: folder)
        let layout = test.parameters.layout
        let optimizer = AdamOptions().makeOptimizer(layout.groups(), owning: .all(of: layout.count))
        let schedule = LearningRateSchedule(peak: 1e-3, warmup: 2, steps: 10)
        let norm = GradientNorm(blocks: FlatBlocks(count: layout.count))
        let history = try test.golden.doubles("optimizer.history")
        for step in 0..<5 {
            let loss = test.forward()
            let gradients = test.gradients()
            norm.sum(0..<norm.blocks.blocks, of: gradients)
            let gradientNorm = try norm.total(over: .alone)
            let rate = schedule.rate(at: step)
            for (found, expected) in zip(
                [loss.masked, loss.replaced, loss.total, gradientNorm, rate], history[5 * step..<5 * step + 5])
            {
                expectClose(found, expected, 1e-5)
            }
            optimizer.update(
                0..<layout.count, pass: 0,
                ParameterUpdate(
                    parameters: test.parameters.buffer, gradient: gradients.buffer.base, step: step, learningRate: rate,
                    gradientScale: Float(1 / max(gradientNorm, 1))))
        }
        for specification in test.parameters.layout.specifications {
            let expected = try test.golden.doubles("optimizer.after.\(specification.name)", shape: specification.shape)
            let distance = relativeDistance(test.parameters.buffer.base + specification.offset, expected)
            #expect(distance < 1e-5, "\(specification.name)")
        }
    }

    private func expectClose(_ found: Double, _ expected: Double, _ bound: Double) {
        #expect(abs(found - expected) <= bound * abs(expected), "found \(found), expected \(expected)")
    }
}
