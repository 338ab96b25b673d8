import Foundation
import TestSupport
import Testing

@testable import ElectraKernels

/// The softmax of the attention: scale, dropout, rows of any width, logits that all but one underflow.
struct SoftmaxTests {
    let arena = Arena()
    static let widths = [1, 2, 3, 17, 31, 33, 65, 127, 130]
    static let keepScale: Float = 4 / 3

    private func mask(_ keep: [UInt8]?) -> DropoutMask {
        keep.map { DropoutMask(keep: arena.copy($0), scale: Self.keepScale) } ?? .off
    }

    private func factors(_ keep: [UInt8]?) -> [Double]? {
        keep.map { Reference.factors($0, scale: Self.keepScale) }
    }

    private func floats(_ p: borrowing Tensor) -> Softmax.Probabilities {
        Softmax.Probabilities(floats: p.base, halves: nil)
    }

    @Test(arguments: widths, [1, 3])
    func forwardIsTheFormula(columns: Int, rows: Int) {
        var random = RandomNumbers(seed: columns)
        let scores = random.normals(rows * columns, deviation: 3)
        for keep in [nil, random.keeps(scores.count)] {
            let scale: Float = 0.37
            let p = arena.tensor(scores, columns: columns)
            var dropped = arena.untouchedTensor(rows: rows, columns: columns)
            Softmax.forward(
                p.base, into: floats(p), dropped: &dropped, mask: mask(keep), scale: scale, rows: rows, columns: columns
            )
            let expected = Reference.softmax(doubles(scores), columns: columns, scale: Double(scale))
            let bound = roundingBound(terms: columns)
            expectClose(p.checkedValues().map(abs), expected, bound: bound, "p")
            #expect(p.checkedValues().map { $0.sign == .plus } == (keep ?? scores.map { _ in 1 }).map { $0 == 1 })
            expectClose(dropped.checkedValues(), Reference.product(expected, factors(keep)), bound: bound, "dropped")
        }
    }

    /// Every single probability, not only the norm, over all that exp can give: the argument of the exponential is
    /// rounded twice, which costs its size in roundings; below exp(-87) there is 0.
    @Test func eachProbabilityIsRelativelyAccurate() {
        var random = RandomNumbers(seed: 4)
        for scale: Float in [0.125, 1] {
            let scores = (0..<130).map { _ in 180 * random.uniform() - 90 }
            let p = arena.tensor(scores, columns: 130)
            var dropped = arena.untouchedTensor(rows: 1, columns: 130)
            Softmax.forward(p.base, into: floats(p), dropped: &dropped, mask: .off, scale: scale, rows: 1, columns: 130)
            let expected = Reference.softmax(doubles(scores), columns: 130, scale: Double(scale))
            let largest = Double(scores.max() ?? 0)
            let errors = p.checkedValues().enumerated().map { place, p in
                let distance = (largest - Double(scores[place])) * Double(scale)
                let bound = (8 + 2 * distance) * rounding * expected[place] + 1.2 * exp(-87)
                return abs(Double(p) - expected[place]) / bound
            }
            #expect(errors.allSatisfy { $0 <= 1 }, "scale \(scale): \(errors.max() ?? 0) of what is allowed")
        }
    }

    @Test func extremeLogits() {
        // One far above the rest; two equal; all equal; far apart; the largest numbers there are.
        let rows: [[Float]] = [
            [-80, 80, -80], [80, 80, -80], [80, 80, 80], [-80, -80, -79], [3e38, 1, -3e38],
            [-.infinity, 0, -.infinity],
        ]
        let expected: [[Double]] = [
            [0, 1, 0], [0.5, 0.5, 0], [1 / 3.0, 1 / 3.0, 1 / 3.0],
            [1 / (2 + exp(1)), 1 / (2 + exp(1)), exp(1) / (2 + exp(1))], [1, 0, 0], [0, 1, 0],
        ]
        let p = arena.tensor(rows.flatMap { $0 }, columns: 3)
        var dropped = arena.untouchedTensor(rows: rows.count, columns: 3)
        Softmax.forward(p.base, into: floats(p), dropped: &dropped, mask: .off, scale: 1, rows: rows.count, columns: 3)
        expectClose(p.checkedValues(), expected.flatMap { $0 }, bound: 3 * rounding, "p")
    }

    @Test func aNaNSpoilsItsRowOnly() {
        let p = arena.tensor([1, .nan, 2, 1, 2, 3], columns: 3)
        var dropped = arena.untouchedTensor(rows: 2, columns: 3)
        Softmax.forward(p.base, into: floats(p), dropped: &dropped, mask: .off, scale: 1, rows: 2, columns: 3)
        let values = p.checkedValues()
        #expect(values[0..<3].allSatisfy { $0.isNaN })
        #expect(values[3..<6].allSatisfy { $0.isFinite })
    }

    /// Flat rows, and rows in which one logit is 80 above the rest. ds is what cancellation leaves of
    /// scale p dropout(dq), so its error is relative to that.
    @Test(arguments: widths, [Float(1), 40])
    func gradientIsTheDerivative(columns: Int, deviation: Float) {
        let rows = 2
        var random = RandomNumbers(seed: columns)
        let scores = random.normals(rows * columns, deviation: deviation)
        let dq = random.normals(scores.count)
        let scale: Float = 0.61
        for keep in [nil, random.keeps(scores.count)] {
            let p = arena.tensor(scores, columns: columns)
            var dropped = arena.untouchedTensor(rows: rows, columns: columns)
            let mask = mask(keep)
            Softmax.forward(
                p.base, into: floats(p), dropped: &dropped, mask: mask, scale: scale, rows: rows, columns: columns)
            var gradient = arena.tensor(dq, columns: columns)
            var again = arena.untouchedTensor(rows: rows, columns: columns)
            Softmax.backward(
                &gradient, recomputing: &again, probabilities: floats(p), keepScale: mask.scale, scale: scale,
                rows: rows,
                columns: columns)
            #expect(again.checkedValues() == dropped.checkedValues())
            let factors = factors(keep)
            let terms = zip(Reference.product(doubles(dq), factors), p.checkedValues()).map {
                $0 * Double(abs($1)) * Double(scale)
            }
            // p itself is off by as many roundings as the argument of its exponential is large.
            let bound = roundingBound(terms: columns) * (1 + Double(deviation) / 10)
            expectGradient(gradient.checkedValues(), at: scores, bound: bound, scale: norm(terms), "scores") {
                let p = Reference.softmax($0, columns: columns, scale: Double(scale))
                return weightedSum(Reference.product(p, factors), dq)
            }
        }
    }
}
