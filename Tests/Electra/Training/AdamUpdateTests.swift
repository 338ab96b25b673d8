import CKernels
import Foundation
import TestSupport
import Testing

@testable import ElectraKernels
@testable import ElectraModel
@testable import ElectraTraining

/// Adam's update against the reference's formulas in Double, over several steps.
struct AdamUpdateTests {
    /// google-research/electra, model/optimization.py:103-137; with bias correction: D. P. Kingma and J. Ba, 2015.
    private struct DoubleAdam {
        var p: [Double]
        var m: [Double]
        var v: [Double]
        let correctsBias: Bool

        mutating func update(_ gradient: [Double], rate: Double, decay: Double, step: Int, scale: Double) {
            for i in p.indices {
                let g = gradient[i] * scale
                m[i] = 0.9 * m[i] + 0.1 * g
                v[i] = 0.999 * v[i] + 0.001 * g * g
                let t = Double(step + 1)
                let mean = correctsBias ? m[i] / (1 - pow(0.9, t)) : m[i]
                let square = correctsBias ? v[i] / (1 - pow(0.999, t)) : v[i]
                p[i] -= rate * (mean / (square.squareRoot() + 1e-6) + decay * p[i])
            }
        }
    }

    @Test(arguments: [1, 3, 17, 33, 65, 130], [false, true])
    func followsTheReference(count: Int, correctsBias: Bool) {
        var random = RandomNumbers(seed: count)
        var options = AdamOptions()
        options.correctsBias = correctsBias
        let arena = Arena()
        let parameters = random.normals(count)
        // Gradients over eight orders of magnitude: some are far below epsilon.
        let sizes = (0..<count).map { _ in Float(pow(10, Double(8 * random.uniform() - 8))) }
        let p = arena.tensor(parameters, columns: count)
        let m = arena.tensor([Float](repeating: 0, count: count), columns: count)
        let v = arena.tensor([Float](repeating: 0, count: count), columns: count)
        for isDecayed in [true, false] {
            p.base.update(from: parameters, count: count)
            m.base.update(repeating: 0, count: count)
            v.base.update(repeating: 0, count: count)
            var reference = DoubleAdam(
                p: doubles(parameters), m: doubles(m.checkedValues()), v: doubles(v.checkedValues()),
                correctsBias: correctsBias)
            for step in 0..<8 {
                let gradient = zip(random.normals(count), sizes).map { $0 * $1 }
                // Norms on both sides of the clipping norm.
                let norm = [0.5, 1, 4, 100][step % 4]
                let rate = 0.01 * Double(step)
                ck_adam_update(
                    p.base, m.base, v.base, gradient, count,
                    options.kernel(
                        update(step: step, rate: rate, scale: Float(1 / max(norm, 1))), group(isDecayed: isDecayed)))
                reference.update(
                    doubles(gradient), rate: rate, decay: isDecayed ? Double(options.weightDecay) : 0, step: step,
                    scale: 1 / max(norm, 1))
            }
            // Each step rounds each moment three times; the roots and quotients a few times more.
            expectClose(m.checkedValues(), reference.m, bound: 4 * rounding, "m")
            expectClose(v.checkedValues(), reference.v, bound: 4 * rounding, "v")
            let moved = zip(p.checkedValues(), parameters).map { Double($0) - Double($1) }
            let shouldMove = zip(reference.p, parameters).map { $0 - Double($1) }
            let error = norm(zip(moved, shouldMove).map { $0 - $1 })
            // The parameters are rounded at each step, the way that they move is rounded as above.
            #expect(error <= 8 * rounding * norm(doubles(parameters)) + 12 * rounding * norm(shouldMove))
        }
    }

    @Test func theFirstStepOfRateZeroFillsTheMomentsOnly() {
        let options = AdamOptions()
        var (p, m, v): ([Float], [Float], [Float]) = ([1, -2, 3], [0, 0, 0], [0, 0, 0])
        ck_adam_update(
            &p, &m, &v, [0.5, 0.25, 0], 3, options.kernel(update(step: 0, rate: 0), group(isDecayed: true)))
        #expect(p == [1, -2, 3])
        #expect(m[0] > 0 && v[0] > 0 && m[2] == 0 && v[2] == 0)
    }

    @Test func clipsOnlyWhatIsLonger() {
        var clipping = GradientClipping()
        func scale(_ norm: Double) -> Float { clipping.scale(ofNorm: norm) }
        #expect(scale(0) == 1 && scale(1) == 1)
        #expect(scale(4) == 0.25)
        clipping.norm = 0
        #expect(scale(4) == 1)
    }

    /// As a learning rate that falls from layer to layer.
    @Test func aGroupsRateIsScaled() {
        let group = ParameterGroup(tensors: [0..<1], isDecayed: true, rateScale: 0.25)
        #expect(AdamOptions().kernel(update(step: 3, rate: 0.5), group).learning_rate == 0.125)
    }

    private func group(isDecayed: Bool) -> ParameterGroup {
        ParameterGroup(tensors: [0..<1], isDecayed: isDecayed, rateScale: 1)
    }

    private func update(step: Int, rate: Double, scale: Float = 1, of parameters: FlatBuffer? = nil) -> ParameterUpdate
    {
        let buffer = parameters ?? FlatBuffer(count: 1)
        let none = FlatBuffer(count: buffer.count)
        return ParameterUpdate(
            parameters: buffer, gradient: UnsafePointer(none.base), step: step, learningRate: rate, gradientScale: scale
        )
    }

    /// Whole buffers, cut into parts of what a rank owns: biases and norms are not decayed, no element is missed or moved twice.
    @Test func ranksUpdateTheirPartOnly() {
        let sizes = EncoderSizes(embedding: 40, hidden: 60, layers: 3, heads: 2, feedForward: 100)
        let tower = Tower("discriminator", sizes, EmbeddingRows(vocabulary: 610, positions: 16))
        let layout = ParameterLayout { _ = Tower.Parameters(&$0, of: tower) }
        let ownership = Ownership(
            count: layout.count, ranks: 2, buckets: [0..<2, 2..<FlatBlocks(count: layout.count).blocks])
        let parameters = FlatBuffer(count: layout.count)
        parameters.base.update(repeating: 1, count: layout.count)
        let gradient = FlatBuffer(count: layout.count)
        let owned = ownership.owned(by: 1)
        #expect(owned.ranges.count { !$0.isEmpty } == 2)
        let optimizer = AdamOptions().makeOptimizer(layout.groups(), owning: owned)
        #expect(optimizer.state.map(\.name) == ["adam_m", "adam_v"])
        #expect(optimizer.state.allSatisfy { $0.buffer.count == owned.count })
        // With no gradient, what moves is what is decayed.
        let update = ParameterUpdate(
            parameters: parameters, gradient: gradient.base, step: 1, learningRate: 1, gradientScale: 1)
        for lane in 0..<3 {
            owned.forEachPart(ofLane: lane, of: 3) {
                optimizer.update(ownership.blocks.elements(ofBlocks: $0), pass: 0, update)
            }
        }
        for specification in layout.specifications {
            let isBiasOrNorm = specification.name.contains("bias") || specification.name.contains("LayerNorm")
            let isRight = specification.range.allSatisfy { element in
                let isOwned = owned.ranges.contains { $0.contains(element) }
                let expected: Float = isBiasOrNorm || !isOwned ? 1 : 1 - 0.01
                return abs(parameters.base[element] - expected) < 1e-6
            }
            #expect(isRight, "\(specification.name)")
        }
    }

    @Test func learningRateSchedule() {
        let schedule = LearningRateSchedule(peak: 1e-3, warmup: 100, steps: 1000)
        #expect(schedule.rate(at: 0) == 0)
        #expect(abs(schedule.rate(at: 50) - 1e-3 * 0.95 * 0.5) < 1e-18)
        // The warm-up is multiplied with the decay: the peak is not the peak.
        #expect(abs(schedule.rate(at: 100) - 1e-3 * 0.9) < 1e-18)
        #expect(abs(schedule.rate(at: 550) - 1e-3 * 0.45) < 1e-18)
        #expect(abs(schedule.rate(at: 999) - 1e-6) < 1e-18)
        #expect(schedule.rate(at: 1000) == 0 && schedule.rate(at: 5000) == 0)
        let cold = LearningRateSchedule(peak: 1, warmup: 0, steps: 4)
        #expect((0..<5).map(cold.rate) == [1, 0.75, 0.5, 0.25, 0])
    }
}
