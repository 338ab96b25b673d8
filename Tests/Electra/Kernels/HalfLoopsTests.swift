import CKernels
import TestSupport
import Testing

@testable import ElectraKernels

/// What products in bf16 do with their sums on the way, and attention's softmax between them, by each unit that this CPU has.
/// Sizes fill whole blocks, and do not.
struct HalfLoopsTests {
    static let sizes = [(32, 64, 32), (33, 70, 40), (5, 3, 7)]
    static let cases = HalfMatrix.unitsHere.flatMap { unit in sizes.map { (unit, $0) } }

    /// The nearest half; a result may be one away where a sum was rounded another way first.
    private func isNear(_ half: UInt16, _ exact: Double, slack: Double = 0) -> Bool {
        abs(Double(Float(half: half)) - exact) <= abs(exact) * 0x1p-8 + slack
    }

    @Test(arguments: cases)
    func `bias, halves and sums of columns`(unit: ck_product_unit, sizes: (m: Int, n: Int, k: Int)) {
        let (m, n, k) = sizes
        let (a, b) = (HalfMatrix(m, k, seed: 1), HalfMatrix(k, n, seed: 2))
        let bias = (0..<n).map { Float($0 % 5) }
        let expected = HalfMatrix.product(a, b, m: m, n: n, k: k).enumerated().map { $1 + bias[$0 % n] }
        let stride = n + 3
        for hasFloats in [false, true] {
            var floats = [Float](repeating: 7, count: m * stride)
            var halves = [UInt16](repeating: 7, count: m * stride)
            var columnSums = [Float](repeating: 3, count: n)
            a.withMatrix { a in
                b.withMatrix { b in
                    floats.withUnsafeMutableBufferPointer { floats in
                        halves.withUnsafeMutableBufferPointer { halves in
                            columnSums.withUnsafeMutableBufferPointer { sums in
                                bias.withUnsafeBufferPointer { bias in
                                    ck_bf16_product(
                                        unit,
                                        ck_product_target(
                                            base: hasFloats ? floats.baseAddress : nil, stride: stride, adds: false,
                                            bias: bias.baseAddress, rounded: halves.baseAddress,
                                            add_column_sums: sums.baseAddress), a, b, nil, m, n, k)
                                }
                            }
                        }
                    }
                }
            }
            for row in 0..<m {
                let found = row * stride..<(row + 1) * stride
                let sums = Array(expected[row * n..<(row + 1) * n])
                let gap: [Float] = [7, 7, 7]
                let untouched = [Float](repeating: 7, count: stride)
                #expect(Array(floats[found]) == (hasFloats ? sums + gap : untouched))
                #expect(halves[found].suffix(3) == [7, 7, 7])
                #expect(zip(halves[found], sums).allSatisfy { isNear($0, Double($1)) })
            }
            for column in 0..<n {
                #expect(columnSums[column] == (0..<m).reduce(3) { $0 + expected[$1 * n + column] })
            }
        }
    }

    @Test(arguments: cases)
    func `GELU and its gradient`(unit: ck_product_unit, sizes: (m: Int, n: Int, k: Int)) {
        let (m, n, k) = sizes
        let (a, b) = (HalfMatrix(m, k, seed: 1), HalfMatrix(k, n, seed: 2))
        let sums = HalfMatrix.product(a, b, m: m, n: n, k: k)
        // Small sums, so that z is where the GELU bends; of the others the bias takes nearly all.
        let bias = (0..<n).map { column in Float(column % 7) / 3 - sums[column] }
        var (z, y) = ([UInt16](repeating: 0, count: m * n), [UInt16](repeating: 0, count: m * n))
        a.withMatrix { a in
            b.withMatrix { b in
                bias.withUnsafeBufferPointer { bias in
                    z.withUnsafeMutableBufferPointer { z in
                        y.withUnsafeMutableBufferPointer { y in
                            ck_bf16_product_gelu(
                                unit, ck_gelu_target(bias: bias.baseAddress, z: z.baseAddress, y: y.baseAddress), a, b,
                                nil, m, n, k)
                        }
                    }
                }
            }
        }
        for place in 0..<m * n {
            #expect(isNear(z[place], Double(sums[place] + bias[place % n])))
            let kept = Double(Float(half: z[place]))
            #expect(isNear(y[place], Reference.gelu(kept), slack: 5e-5 * abs(kept)), "gelu(\(kept))")
        }

        let stride = n + 6
        var dz = [UInt16](repeating: 7, count: m * stride)
        var dBias = [Float](repeating: 3, count: n)
        a.withMatrix { a in
            b.withMatrix { b in
                z.withUnsafeBufferPointer { z in
                    dz.withUnsafeMutableBufferPointer { dz in
                        dBias.withUnsafeMutableBufferPointer { dBias in
                            ck_bf16_product_gelu_gradient(
                                unit,
                                ck_gelu_gradient_target(
                                    z: z.baseAddress, dz: dz.baseAddress, stride: stride,
                                    add_bias_gradient: dBias.baseAddress), a, b, nil, m, n, k)
                        }
                    }
                }
            }
        }
        var expectedBias = [Double](repeating: 3, count: n)
        var size = [Double](repeating: 3, count: n)
        for row in 0..<m {
            for column in 0..<n {
                let sum = Double(sums[row * n + column])
                let kept = Double(Float(half: z[row * n + column]))
                let slope = (Reference.gelu(kept + 1e-5) - Reference.gelu(kept - 1e-5)) / 2e-5
                #expect(
                    isNear(dz[row * stride + column], sum * slope, slack: 3e-4 * abs(sum)), "slope at \(kept)")
                expectedBias[column] += sum * slope
                size[column] += abs(sum)
            }
            #expect(dz[row * stride + n..<(row + 1) * stride].allSatisfy { $0 == 7 })
        }
        for column in 0..<n { #expect(abs(Double(dBias[column]) - expectedBias[column]) < 3e-4 * size[column]) }
    }

    @Test(arguments: HalfMatrix.unitsHere, [1, 5, 32, 70, 128])
    func `softmax and its gradient`(unit: ck_product_unit, columns: Int) {
        let (rows, scale) = (3, Float(0.3))
        var random = RandomNumbers(seed: columns)
        let scores = random.normals(rows * columns, deviation: 5)
        let dq = random.normals(scores.count)
        for keep in [nil, random.keeps(scores.count)] {
            let keepScale: Float = keep == nil ? 1 : 4 / 3
            let factors = keep.map { Reference.factors($0, scale: keepScale) } ?? dq.map { _ in 1 }
            let exact = Reference.softmax(doubles(scores), columns: columns, scale: Double(scale))
            var (floats, gradient) = (scores, dq)
            var p = [UInt16](repeating: 0, count: scores.count)
            var (q, again, ds) = (p, p, p)
            ck_softmax_forward_halves(
                unit, &floats, probabilities: &p, dropped: &q, keep: keep, keepScale: keepScale, scale: scale,
                rows: rows, columns: columns)
            ck_softmax_backward_halves(
                unit, &gradient, rounded: &ds, recomputing: &again, probabilities: p, keepScale: keepScale,
                scale: scale, rows: rows, columns: columns)
            #expect(again == q)
            for row in 0..<rows {
                let places = row * columns..<(row + 1) * columns
                let kept = places.map { abs(Double(Float(half: p[$0]))) }
                let sum = places.reduce(0) { $0 + kept[$1 - row * columns] * Double(dq[$1]) * factors[$1] }
                for place in places {
                    let probability = kept[place - row * columns]
                    #expect(isNear(p[place] & 0x7FFF, exact[place], slack: 1e-6))
                    #expect((p[place] & 0x8000 != 0) == (factors[place] == 0))
                    #expect(isNear(q[place], probability * factors[place]))
                    let expected = Double(scale) * probability * (Double(dq[place]) * factors[place] - sum)
                    #expect(isNear(ds[place], expected, slack: 1e-6))
                }
            }
        }
    }
}
