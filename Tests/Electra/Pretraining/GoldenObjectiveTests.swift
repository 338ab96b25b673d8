import CKernels
import Collectives
import Foundation
import TestSupport
import Testing

@testable import ElectraHuggingFace
@testable import ElectraKernels
@testable import ElectraModel
@testable import ElectraPretraining
@testable import ElectraTraining

/// Every objective, way of sharing embeddings and optimiser against transformers and PyTorch in float64 (Tests/Fixtures/README.md):
/// losses, gradients, and five updates whose samples follow from the parameters; and what its account says of its products, against
/// those that were computed.
@Suite struct GoldenObjectiveTests {
    @Test(arguments: [
        "mlm", "masked-only", "replace", "all-tokens", "adversarial", "two-stage", "separate", "disentangled", "frozen",
        "lamb",
    ])
    func followsTheReference(name: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/golden-objective-\(name)").standardized.path
        let golden = try SafetensorsFile(path: "\(folder)/golden.safetensors")
        var run = try run(golden)
        // Any position may be masked.
        run.masking.probability = 1
        let length = try golden.tensor("input.ids").shape[1]
        try check(run.makeObjective(run.makeMasking(maximumLength: length, vocabularySize: 61)), run, golden)
    }

    private struct Case: Decodable {
        struct Network: Decodable { let hidden, layers, heads, ffn: Int }
        struct Sizes: Decodable {
            let vocabulary, embedding, positions: Int
            let main, generator: Network
        }

        let objective: String
        let sharing, optimizer: String?
        let frozen: Bool?
        let sizes: Sizes
    }

    private func run(_ golden: SafetensorsFile) throws -> RunConfiguration {
        let options = try #require(golden.metadata["options"])
        let found = try JSONDecoder().decode(Case.self, from: Data(options.utf8))
        var run = RunConfiguration()
        try run.set("objective", to: .text(found.objective))
        try run.set("embedding_sharing", to: .text(found.sharing ?? "shared"))
        try run.set("freeze_generator", to: .flag(found.frozen ?? false))
        try run.set("optimizer", to: .text(found.optimizer ?? "adamw"))
        let (sizes, main, generator) = (found.sizes, found.sizes.main, found.sizes.generator)
        run.dropout = DropoutRates(hidden: 0, attention: 0)
        run.networks.vocabularySize = sizes.vocabulary
        (run.networks.embeddingSize, run.networks.maxPositions) = (sizes.embedding, sizes.positions)
        (run.networks.hiddenSize, run.networks.layers) = (main.hidden, main.layers)
        (run.networks.heads, run.networks.feedForwardSize) = (main.heads, main.ffn)
        (run.networks.generatorHiddenSize, run.networks.generatorLayers) = (generator.hidden, generator.layers)
        (run.networks.generatorHeads, run.networks.generatorFeedForwardSize) = (generator.heads, generator.ffn)
        // The second of two stages begins with the third step.
        run.schedule.steps = 4
        return run
    }

    private func check<Objective: PretrainingObjective>(
        _ objective: Objective, _ run: RunConfiguration, _ golden: SafetensorsFile
    ) throws {
        let parameters = ParameterStore(cut: objective.parameters)
        let layout = parameters.layout
        let names = golden.tensors.map(\.name).filter { $0.hasPrefix("parameter.") }
        #expect(Set(names) == Set(layout.specifications.map { "parameter.\($0.name)" }))
        for specification in layout.specifications {
            let values = try golden.floats("parameter.\(specification.name)", shape: specification.shape)
            (parameters.buffer.base + specification.offset).update(from: values, count: values.count)
        }

        let arena = Arena()
        let batch = try batch(of: objective, golden, arena)
        let workspace = objective.makeWorkspace(sequences: batch.sequences.sequenceCount, arena: arena)
        let gradients = GradientStore(layout: layout, cut: objective.parameters)
        let optimizer = run.optimizer.makeOptimizer(layout.trained.groups(), owning: .all(of: layout.trainedCount))
        let schedule = LearningRateSchedule(peak: 1e-3, warmup: 2, steps: 10)
        let norm = GradientNorm(blocks: FlatBlocks(count: layout.trainedCount))
        let history = try golden.doubles("optimizer.history")
        let losses = objective.losses
        for step in 0..<5 {
            objective.prepare(parameters, step: step)
            let context = StepContext(
                seed: 0, step: step, isTraining: true, denominators: objective.denominators(of: batch))
            let sums = objective.makeSums(arena: arena)
            let times = KernelTimes()
            times.start()
            gradients.beginSlice()
            objective.forward(parameters.windows, workspace, batch, context, adding: sums)
            objective.backward(parameters.windows, adding: gradients.windows, workspace, batch)
            gradients.endSlice()
            KernelTimes.stop()
            let operations = KernelKind.allCases.reduce(0) { $0 + times[$1].operations }
            #expect(operations == Double(objective.operations(of: batch, context)), "step \(step)")
            norm.sum(0..<norm.blocks.blocks, of: gradients)
            let gradientNorm = try norm.total(over: .alone)
            let isTrained = { name in
                objective.phase(at: step).map { objective.isTrained(name, in: $0) } ?? true
            }
            if step == 0 { try checkGradients(gradients, layout, golden, gradientNorm, where: isTrained) }

            let means = losses.indices.map { sums.losses[$0] / Double(context.denominators[$0]) }
            let total = losses.indices.reduce(0) { $0 + Double(losses[$1].weight) * means[$1] }
            let found = means + [total, gradientNorm, schedule.rate(at: step)]
            for (found, expected) in zip(found, history[found.count * step..<found.count * (step + 1)]) {
                #expect(abs(found - expected) <= 1e-5 * abs(expected), "step \(step): \(found), expected \(expected)")
            }
            for pass in 0..<optimizer.passes {
                for range in layout.trained.ranges(where: isTrained) {
                    optimizer.update(
                        range, pass: pass,
                        ParameterUpdate(
                            parameters: parameters.buffer, gradient: gradients.buffer.base, step: step,
                            learningRate: schedule.rate(at: step), gradientScale: Float(1 / max(gradientNorm, 1))))
                }
                if pass < optimizer.passes - 1 { try optimizer.exchange(afterPass: pass, over: .alone) }
            }
        }
        for specification in layout.specifications {
            let expected = try golden.doubles("optimizer.after.\(specification.name)", shape: specification.shape)
            let distance = relativeDistance(parameters.buffer.base + specification.offset, expected)
            #expect(distance < 1e-5, "\(specification.name)")
        }
    }

    private func checkGradients<Parameters>(
        _ gradients: GradientStore<Parameters>, _ layout: ParameterLayout, _ golden: SafetensorsFile,
        _ norm: Double, where isTrained: (String) -> Bool
    ) throws {
        let trained = layout.trained.specifications.filter { isTrained($0.name) }
        #expect(trained.count == golden.tensors.count { $0.name.hasPrefix("gradient.") })
        for specification in trained {
            let expected = try golden.doubles("gradient.\(specification.name)", shape: specification.shape)
            let found = gradients.buffer.base + specification.offset
            if specification.name.hasSuffix("attention.self.key.bias") {
                // Zero but for rounding; see `GoldenTests`.
                #expect(largestDifference(found, expected) < 1e-6 * norm, "\(specification.name)")
            } else {
                #expect(relativeDistance(found, expected) < 1e-4, "\(specification.name)")
            }
        }
    }

    private func batch<Objective: PretrainingObjective>(
        of objective: Objective, _ golden: SafetensorsFile, _ arena: Arena
    ) throws -> MaskedBatch {
        let shape = try golden.tensor("input.ids").shape
        let (ids, types, mask) = (
            try golden.integers("input.ids"), try golden.integers("input.token_type_ids"),
            try golden.integers("input.attention_mask")
        )
        let batch = objective.makeBatch(sequences: shape[0], arena: arena)
        for sequence in 0..<shape[0] {
            let start = sequence * shape[1]
            let length = mask[start..<start + shape[1]].reduce(0, +)
            batch.append(key: sequence) { target in
                for place in 0..<length { target[place] = Int32(ids[start + place]) }
                return (length, types[start..<start + length].count { $0 == 0 })
            }
        }
        let masked = try golden.integers("input.masked_ids")
        let positions = try golden.integers("input.masked_positions")
        let uniforms = try golden.doubles("input.uniforms")
        for (number, uniform) in uniforms.enumerated() {
            let (sequence, place) = (positions[2 * number], positions[2 * number + 1])
            batch.choose(
                row: batch.sequences.start(of: sequence) + place, shown: Int32(masked[sequence * shape[1] + place]),
                uniform: Float(uniform))
        }
        return batch
    }
}
