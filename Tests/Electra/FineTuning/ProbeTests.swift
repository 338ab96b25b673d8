import Collectives
import ElectraSupport
import Foundation
import TestSupport
import Testing

@testable import ElectraFineTuning
@testable import ElectraHuggingFace
@testable import ElectraKernels
@testable import ElectraModel
@testable import ElectraTraining

/// Linear functions of frozen vectors.
@Suite struct ProbeTests {
    /// Made-up vectors, of which the class or the value is a noisy linear function.
    private func problem(
        _ examples: Int, width: Int, outputs: Int, learnsValues: Bool = false, noise: Double = 1, l2: Double = 1
    ) -> LinearFit.Problem {
        let chance = RandomStream(seed: 3, .packing, step: 0)
        func number(_ place: Int) -> Double { Double(chance.integer(place, below: 2001)) / 1000 - 1 }
        var vectors: [Float] = []
        var targets: [Float] = []
        for example in 0..<examples {
            let x = (0..<width).map { number(1000 * example + $0) }
            let z = (0..<outputs).map { output in
                (0..<width).reduce(noise * number(1000 * example + 500 + output)) {
                    $0 + x[$1] * number(1_000_000_000 + 100 * output + $1)
                }
            }
            vectors += x.map { Float($0) }
            targets.append(learnsValues ? Float(z[0]) : Float(z.firstIndex(of: z.max()!)!))
        }
        return LinearFit.Problem(
            vectors: vectors, width: width, targets: targets, outputs: outputs, learnsValues: learnsValues, l2: l2)
    }

    /// The sum of the losses and the penalty, computed plainly.
    private func loss(_ problem: LinearFit.Problem, _ weights: [Double]) -> Double {
        let width = problem.width
        var loss = 0.0
        for (example, target) in problem.targets.enumerated() {
            let z = (0..<problem.outputs).map { output in
                (0..<width).reduce(weights[output * (width + 1) + width]) {
                    $0 + weights[output * (width + 1) + $1] * Double(problem.vectors[example * width + $1])
                }
            }
            loss +=
                problem.learnsValues
                ? 0.5 * (z[0] - Double(target)) * (z[0] - Double(target))
                : log(z.reduce(0) { $0 + exp($1) }) - z[Int(target)]
        }
        for (place, weight) in weights.enumerated() where place % (width + 1) != width {
            loss += 0.5 * problem.l2 * weight * weight
        }
        return loss
    }

    @Test(arguments: [(2, false), (3, false), (1, true)])
    func noStepFromTheFitLeadsDown(outputs: Int, learnsValues: Bool) throws {
        let problem = problem(300, width: 7, outputs: outputs, learnsValues: learnsValues)
        let (weights, unfinished) = LinearFit(problem, pool: try LanePool(count: 1)).weights()
        #expect(unfinished == nil)
        let least = loss(problem, weights.values)
        for place in weights.values.indices {
            func moved(_ by: Double) -> Double {
                var values = weights.values
                values[place] += by
                return loss(problem, values)
            }
            // The gradient, by differences, of a sum over 300 examples.
            #expect(abs(moved(1e-4) - moved(-1e-4)) / 2e-4 < 300 * 2e-5)
            #expect(moved(0.01) > least - 1e-6 && moved(-0.01) > least - 1e-6)
        }
    }

    /// So many that each part of the examples has several blocks.
    @Test func partsAndBlocksAddUp() throws {
        let problem = problem(9000, width: 3, outputs: 3)
        let fit = LinearFit(problem, pool: try LanePool(count: 2))
        let weights = (0..<12).map { Double($0 % 5) / 5 - 0.4 }
        var gradient = [Double](repeating: 0, count: weights.count)
        #expect(abs(fit.objective(at: weights, &gradient) - loss(problem, weights) / 9000) < 1e-12)
        for place in weights.indices {
            func moved(_ by: Double) -> Double {
                var values = weights
                values[place] += by
                return loss(problem, values) / 9000
            }
            #expect(abs(gradient[place] - (moved(1e-4) - moved(-1e-4)) / 2e-4) < 1e-7)
        }
    }

    @Test func whatIsSeparableIsSeparated() throws {
        let problem = problem(200, width: 5, outputs: 3, noise: 0, l2: 1e-3)
        let weights = LinearFit(problem, pool: try LanePool(count: 1)).weights().weights
        let outputs = weights.outputs(of: problem.vectors)
        for (example, target) in problem.targets.enumerated() {
            #expect(outputs[3 * example..<3 * example + 3].largest == Int(target))
        }
    }

    /// One feature: slope and intercept in closed form.
    @Test func ridgeRegressionOfOneFeature() throws {
        let problem = problem(50, width: 1, outputs: 1, learnsValues: true, l2: 4)
        let weights = LinearFit(problem, pool: try LanePool(count: 1)).weights().weights
        let (x, y) = (problem.vectors.map(Double.init), problem.targets.map(Double.init))
        let (meanX, meanY) = (x.reduce(0, +) / 50, y.reduce(0, +) / 50)
        let products = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
        let slope = products / (x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) } + 4)
        #expect(abs(weights.values[0] - slope) < 1e-4)
        #expect(abs(weights.values[1] - (meanY - slope * meanX)) < 1e-4)
    }

    @Test func threadsDoNotMatter() throws {
        let problem = problem(500, width: 9, outputs: 4)
        let pool = try LanePool(count: 3)
        defer { pool.stop() }
        let alone = LinearFit(problem, pool: try LanePool(count: 1)).weights().weights.values
        #expect(LinearFit(problem, pool: pool).weights().weights.values == alone)
    }

    @Test func columnsAreStandardized() {
        var vectors: [Float] = [1, 0.1, 3, 0.1, 5, 0.1]
        let standardization = Standardization(of: vectors, width: 2)
        standardization.apply(to: &vectors)
        let side = Float((1.5).squareRoot())
        #expect(zip(vectors, [-side, 0, 0, 0, side, 0]).allSatisfy { abs($0 - $1) < 1e-6 })
        var others: [Float] = [3, 7]
        standardization.apply(to: &others)
        #expect(others == [0, 0])
    }

    /// Against the golden encoder's hidden states.
    @Test(arguments: [true, false]) func vectorsAreTheEncoders(isMean: Bool) throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/golden-tagging").standardized.path
        let golden = try SafetensorsFile(path: "\(path)/golden.safetensors")
        let folder = try HuggingFaceFolder(path)
        let (length, width) = (try golden.tensor("input.ids").shape[1], folder.configuration.sizes.hidden)
        let ids = try golden.integers("input.ids")
        let mask = try golden.integers("input.attention_mask")
        let hidden = try golden.doubles("output.hidden")
        let examples = (0..<mask.count / length).map { sequence in
            let count = mask[sequence * length..<(sequence + 1) * length].reduce(0, +)
            return EncodedExample(
                ids: ids[sequence * length..<sequence * length + count].map { Int32($0) }, firstSegmentLength: count,
                rows: [0, Int32(count - 1)], targets: [])
        }
        let task = FineTuningTask(
            tower: Tower(
                "discriminator", folder.configuration.sizes,
                EmbeddingRows(
                    vocabulary: folder.configuration.vocabulary, positions: folder.configuration.maximumPositions)),
            head: FrozenVectorsHead(isMean: isMean, width: width), maximumLength: length,
            dropout: DropoutRates(hidden: 0, attention: 0), headDropout: 0)
        let kernels = try FineTuningTask.agreeOnKernels(task, .f32, over: .alone)
        let model = ModelState(task, kernels, pool: try LanePool(count: 1))
        #expect(
            try folder.load(model.layout, prefix: "discriminator", into: model.parameters.buffer) { _ in false } == [])
        let outputs = try ForwardRun(model, over: .alone).outputs(of: examples)
        for (number, example) in examples.enumerated() {
            let rows = isMean ? Array(example.ids.indices) : example.rows.map { Int($0) }
            let vectors = rows.map { row in
                (0..<width).map { hidden[(number * length + row) * width + $0] }
            }
            let expected =
                isMean
                ? (0..<width).map { column in vectors.reduce(0) { $0 + $1[column] } / Double(rows.count) }
                : vectors.flatMap { $0 }
            #expect(outputs[number].count == expected.count)
            for (found, value) in zip(outputs[number], expected) { #expect(abs(Double(found) - value) < 1e-4) }
        }
    }

    @Test func answersAreNotProbed() throws {
        let request = ProbeRequest(task: "squad", models: ["none"], train: "none", dev: "none")
        #expect(throws: AgreedFailure.self) { try Probe.run(request, over: .alone) }
    }
}
