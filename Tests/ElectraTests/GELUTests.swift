import CKernels
import Foundation
import Testing

@testable import Electra

/// The GELU and its derivative over the whole range of Float.
struct GELUTests {
    let arena = Arena()

    /// The kernels over `x`: y, dx for dy = 1, and y as the backward pass recomputes it.
    private func evaluate(_ x: [Float], gradient: [Float]? = nil) -> (y: [Float], dx: [Float], recomputed: [Float]) {
        let x_T = arena.tensor(x, columns: 1)
        var y = arena.untouchedTensor(rows: x.count, columns: 1)
        GELU.forward(into: &y, x: x_T, rows: x.count)
        var dx = arena.tensor(gradient ?? [Float](repeating: 1, count: x.count), columns: 1)
        var recomputed = arena.untouchedTensor(rows: x.count, columns: 1)
        GELU.backward(&dx, recomputing: &recomputed, x: x_T, rows: x.count)
        return (y.checkedValues(), dx.checkedValues(), recomputed.checkedValues())
    }

    @Test(arguments: [1, 3, 17, 31, 33, 65, 127, 130])
    func anyCount(_ count: Int) {
        var random = RandomNumbers(seed: count)
        let x = random.normals(count, deviation: 2)
        let dy = random.normals(count)
        let result = evaluate(x, gradient: dy)
        // Each value is rounded a few times on its own; there are no sums.
        expectClose(result.y, doubles(x).map(Reference.gelu), bound: 4 * rounding, "y")
        #expect(result.recomputed == result.y)
        expectGradient(result.dx, at: x, bound: 4 * rounding, "x") {
            weightedSum($0.map(Reference.gelu), dy)
        }
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
        let dx = evaluate(x).dx
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
            let (y, dx, _) = evaluate([magnitude, -magnitude])
            #expect(y == [magnitude, 0])
            #expect(abs(dx[0] - 1) <= Float(rounding) && abs(dx[1]) <= Float(rounding))
        }
        let (y, dx, _) = evaluate([0, -0, .leastNonzeroMagnitude])
        #expect(y[0] == 0 && y[1] == 0)
        expectClose(dx, [0.5, 0.5, 0.5], bound: 3 * rounding, "derivative at 0")
    }

    @Test func aNaNStaysOne() {
        let (y, dx, _) = evaluate([.nan, 1])
        #expect(y[0].isNaN && !y[1].isNaN)
        #expect(dx[0].isNaN && !dx[1].isNaN)
    }
}
