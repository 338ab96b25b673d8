import CKernels
import Foundation
import TestSupport
import Testing

@testable import ElectraKernels

/// The GELU and its derivative over the whole range of Float.
struct GELUTests {
    let arena = Arena()

    @Test(arguments: [1, 3, 17, 31, 33, 65, 127, 130])
    func anyNumberOfColumns(_ columns: Int) {
        let rows = 3
        var random = RandomNumbers(seed: columns)
        let x = random.normals(rows * columns, deviation: 2)
        let bias = random.normals(columns)
        let dy = random.normals(x.count)
        let startBias = random.normals(columns)

        let x_TF = arena.tensor(x, columns: columns)
        let bias_F = arena.tensor(bias, columns: columns)
        var y = arena.untouchedTensor(rows: rows, columns: columns)
        GELU.forward(into: &y, x: x_TF, bias: bias_F, rows: rows)
        var dx = arena.tensor(dy, columns: columns)
        var recomputed = arena.untouchedTensor(rows: rows, columns: columns)
        var dBias = arena.tensor(startBias, columns: columns)
        GELU.backward(&dx, recomputing: &recomputed, addingBias: &dBias, x: x_TF, bias: bias_F, rows: rows)

        func formula(x: [Double], bias: [Double]) -> [Double] {
            x.indices.map { Reference.gelu(x[$0] + bias[$0 % columns]) }
        }
        let (xs, biases) = (doubles(x), doubles(bias))
        // Each value is rounded a few times on its own, the sum with the bias once more.
        expectClose(y.checkedValues(), formula(x: xs, bias: biases), bound: 5 * rounding, "y")
        #expect(recomputed.checkedValues() == y.checkedValues())
        expectGradient(dx.checkedValues(), at: x, bound: 5 * rounding, "x") {
            weightedSum(formula(x: $0, bias: biases), dy)
        }
        expectGradient(
            dBias.checkedValues(), startingFrom: startBias, at: bias, bound: roundingBound(terms: rows), "bias"
        ) { weightedSum(formula(x: xs, bias: $0), dy) }
    }

    /// A gradient whose rows do not lie end to end.
    @Test func gapsBetweenRows() {
        let (rows, columns) = (5, 67)
        var random = RandomNumbers(seed: 8)
        let x = arena.tensor(random.normals(rows * columns), columns: columns)
        let bias = arena.tensor(random.normals(columns), columns: columns)
        var y = arena.tensor(rows: rows, columns: columns)
        func backward(_ gradient: inout Tensor) -> [Float] {
            var dBias = arena.tensor(rows: 1, columns: columns)
            GELU.backward(&gradient, recomputing: &y, addingBias: &dBias, x: x, bias: bias, rows: rows)
            return Array(UnsafeBufferPointer(start: dBias.base, count: columns))
        }
        let dy = random.normals(rows * columns)
        var dense = arena.tensor(dy, columns: columns)
        var spread = arena.factor(rows: rows, columns: columns, hasGaps: true)
        #expect(spread.stride > columns)
        for place in dy.indices { spread.base[place / columns * spread.stride + place % columns] = dy[place] }
        #expect(backward(&dense) == backward(&spread))
        for place in dy.indices {
            #expect(spread.base[place / columns * spread.stride + place % columns] == dense.base[place])
        }
    }

    /// y and its derivative at each of `x`.
    private func evaluate(_ x: [Float]) -> (y: [Float], derivative: [Float]) {
        let x_T = arena.tensor(x, columns: x.count)
        let none = arena.tensor([Float](repeating: 0, count: x.count), columns: x.count)
        var y = arena.untouchedTensor(rows: 1, columns: x.count)
        GELU.forward(into: &y, x: x_T, bias: none, rows: 1)
        var derivative = arena.tensor([Float](repeating: 1, count: x.count), columns: x.count)
        var dBias = arena.tensor([Float](repeating: 0, count: x.count), columns: x.count)
        GELU.backward(&derivative, recomputing: &y, addingBias: &dBias, x: x_T, bias: none, rows: 1)
        return (y.checkedValues(), derivative.checkedValues())
    }

    /// P(X <= x) is fitted for the least absolute error (gelu.c): four roundings, and one for the product with x.
    @Test func isAccurateEverywhere() {
        let x = Self.sweep
        let y = evaluate(x).y
        let errors = zip(x, y).map { x, y in
            abs(Double(y) - Reference.gelu(Double(x))) / (5 * rounding * Double(abs(x)) + 1e-300)
        }
        expectAllWithinOne(errors, at: x)
    }

    @Test func derivativeIsAccurateEverywhere() {
        let x = Self.sweep
        let dx = evaluate(x).derivative
        let errors = zip(x, dx).map { x, dx in
            let z = Double(x)
            let expected = Reference.normalDistribution(z) + z * exp(-z * z / 2) / (2 * .pi).squareRoot()
            return abs(Double(dx) - expected) / (5 * rounding)
        }
        expectAllWithinOne(errors, at: x)
    }

    private static let sweep = Array(stride(from: Float(-13.1), through: 13.1, by: 0.00373))

    /// `errors` in units of what is allowed.
    private func expectAllWithinOne(_ errors: [Double], at x: [Float], _ location: SourceLocation = #_sourceLocation) {
        let failed = errors.indices.filter { !(errors[$0] <= 1) }
        let worst = failed.max { errors[$0] < errors[$1] }
        #expect(
            failed.count == 0, "\(failed.count) of \(x.count), worst at \(worst.map { "\(x[$0])" } ?? "")",
            sourceLocation: location)
    }

    /// Far out, gelu(x) is x or 0 exactly, up to the largest Float, and its derivative 1 or 0 but for rounding.
    @Test func largeInputs() {
        for magnitude: Float in [14, 20, 80, 1e4, 1e10, 3e19, .greatestFiniteMagnitude] {
            let (y, dx) = evaluate([magnitude, -magnitude])
            #expect(y == [magnitude, 0])
            #expect(abs(dx[0] - 1) <= Float(rounding) && abs(dx[1]) <= Float(rounding))
        }
        let (y, dx) = evaluate([0, -0, .leastNonzeroMagnitude])
        #expect(y[0] == 0 && y[1] == 0)
        expectClose(dx, [0.5, 0.5, 0.5], bound: 3 * rounding, "derivative at 0")
    }

    @Test func aNaNStaysOne() {
        let (y, dx) = evaluate([.nan, 1])
        #expect(y[0].isNaN && !y[1].isNaN)
        #expect(dx[0].isNaN && !dx[1].isNaN)
    }
}
