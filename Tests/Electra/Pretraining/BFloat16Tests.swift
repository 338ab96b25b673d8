import CKernels
import TestSupport
import Testing

@testable import ElectraHuggingFace
@testable import ElectraKernels
@testable import ElectraModel
@testable import ElectraPretraining
@testable import ElectraTraining

/// Rounding to bf16, products in it, and the whole model in it: by the CPU where it has bf16, and else emulated.
@Suite struct BFloat16Tests {
    let arena = Arena(.bf16)

    // ---- rounding

    @Test(
        arguments: [
            (0x3F80_0000, 0x3F80), (0x3F80_7FFF, 0x3F80), (0x3F80_8001, 0x3F81), (0xBF80_8001, 0xBF81),
            // Half way between two: the even one.
            (0x3F80_8000, 0x3F80), (0x3F81_8000, 0x3F82), (0x3FFF_8000, 0x4000),
            // Zeros, the smallest numbers, the largest, infinities.
            (0, 0), (0x8000_0000, 0x8000), (0x0000_0001, 0), (0x0001_8000, 2), (0x7F7F_FFFF, 0x7F80),
            (0x7F80_0000, 0x7F80), (0xFF80_0000, 0xFF80),
            // NaNs, the last two with all their bits in the lower half.
            (0x7FC0_0000, 0x7FC0), (0x7F80_0001, 0x7FC0), (0xFF80_FFFF, 0xFFC0), (0x7FFF_FFFF, 0x7FFF),
        ] as [(UInt32, BFloat16)])
    func roundsToTheNearest(bits: UInt32, expected: BFloat16) {
        var found = BFloat16(0)
        var number = Float(bitPattern: bits)
        ck_round_to_bfloat16(&found, &number, 1)
        #expect(found == expected, "\(String(found, radix: 16))")
    }

    /// Whatever place in a vector a number stands at; and back again.
    @Test(arguments: [1, 7, 16, 33, 130])
    func everyPlaceIsRounded(count: Int) {
        var random = RandomNumbers(seed: count)
        let x = arena.tensor(random.normals(count), columns: count)
        let rounded = arena.array(of: BFloat16.self, count: count)
        let back = arena.untouchedTensor(rows: 1, columns: count)
        ck_round_to_bfloat16(rounded, x.base, count)
        ck_from_bfloat16(back.base, rounded, count)
        for (index, value) in back.checkedValues().enumerated() {
            #expect(value == bfloat16(x.base[index]))
            #expect(abs(value - x.base[index]) <= 0x1p-8 * abs(value))
        }
    }

    /// What kernels write comes with its copy.
    @Test func kernelsRoundWhatTheyWrite() {
        let (rows, columns) = (131, 130)
        var random = RandomNumbers(seed: 1)
        let x = arena.tensor(random.normals(rows * columns), columns: columns)
        let mask = DropoutMask(keep: arena.copy(random.keeps(x.count)), scale: 4 / 3)
        var y = arena.operand(rows: rows, columns: columns)
        var gradient = operand(random.normals(x.count), columns: columns)

        let bias = arena.tensor(random.normals(columns), columns: columns)
        var dBias = arena.tensor(random.normals(columns), columns: columns)
        GELU.forward(into: &y, x: x, bias: bias, rows: rows)
        expectRounded(y, "GELU")
        clear(&y)
        GELU.backward(&gradient, recomputing: &y, addingBias: &dBias, x: x, bias: bias, rows: rows)
        expectRounded(y, "GELU, computed again")
        expectRounded(gradient, "gradient of GELU")

        Dropout.apply(&y, rows: rows, mask: mask)
        expectRounded(y, "dropout")

        let norm = LayerNorm.Parameters(
            scale: arena.tensor(random.normals(columns), columns: columns),
            shift: arena.tensor(random.normals(columns), columns: columns))
        var saved = LayerNorm.Saved(
            normalized: arena.tensor(rows: rows, columns: columns),
            inverseDeviation: arena.tensor(rows: rows, columns: 1))
        LayerNorm.forward(inPlace: &y, saving: &saved, rows: rows, norm)
        expectRounded(y, "LayerNorm in place")
        var dNorm = LayerNorm.Parameters(
            scale: arena.tensor(rows: 1, columns: columns), shift: arena.tensor(rows: 1, columns: columns))

        for dropout in [mask, .off] {
            LayerNorm.forward(
                into: &y, saving: &saved, x: x, bias: bias, dropout: dropout, residual: gradient, rows: rows, norm)
            expectRounded(y, "LayerNorm")
            LayerNorm.backward(
                &gradient, into: &y, addingBias: &dBias, adding: &dNorm, saved: saved, dropout: dropout, rows: rows,
                norm)
            expectRounded(y, "gradient of LayerNorm")
        }
        RowSelection.gather(into: &y, from: x, rows: arena.copy((0..<Int32(rows)).reversed()), count: rows)
        expectRounded(y, "gather")
    }

    private func clear(_ x: inout Tensor) {
        x.fill(0, rows: x.rows)
        x.round(rows: x.rows)
    }

    private func operand(_ numbers: [Float], columns: Int) -> Tensor {
        let tensor = arena.operand(rows: numbers.count / columns, columns: columns)
        for (index, number) in numbers.enumerated() { tensor.base[index] = number }
        return tensor
    }

    private func expectRounded(_ x: borrowing Tensor, _ name: String, _ location: SourceLocation = #_sourceLocation) {
        let (base, rounded) = (x.base, x.rounded)
        let wrong = (0..<x.count).filter { Float(bitPattern: UInt32(rounded?[$0] ?? 0) << 16) != bfloat16(base[$0]) }
        #expect(
            wrong.count == 0, "\(name): \(wrong.count) numbers, from \(wrong.first ?? 0) on", sourceLocation: location)
    }

    // ---- products

    /// Every reading of both operands, as blocks of larger matrices; sizes are no multiples of a vector's width.
    @Test(arguments: [(1, 1, 1), (3, 17, 5), (33, 5, 130), (17, 66, 31)], [false, true])
    func productsAreThoseOfTheRoundedNumbers(sizes: (m: Int, n: Int, k: Int), adds: Bool) {
        let (m, n, k) = sizes
        var random = RandomNumbers(seed: m)
        for (transposesA, transposesB) in [(false, false), (false, true), (true, false), (true, true)] {
            let a = operand(rows: m, columns: k, isTransposed: transposesA, &random)
            let b = operand(rows: k, columns: n, isTransposed: transposesB, &random)
            let start = random.normals(m * n)
            let c = arena.tensor(start, columns: n)
            MatrixProduct.multiply(into: c.view, a.view, b.view, m: m, n: n, k: k, beta: adds ? 1 : 0)
            var expected = adds ? doubles(start) : Array(repeating: 0, count: m * n)
            for row in 0..<m {
                for column in 0..<n {
                    for place in 0..<k {
                        expected[row * n + column] += a.values[row * k + place] * b.values[place * n + column]
                    }
                }
            }
            expectClose(c.checkedValues(), expected, bound: roundingBound(terms: k), "product")
        }
    }

    private func operand(
        rows: Int, columns: Int, isTransposed: Bool, _ random: inout RandomNumbers
    ) -> (view: MatrixProduct.View, values: [Double]) {
        let (height, width) = isTransposed ? (columns, rows) : (rows, columns)
        let whole = arena.operand(rows: height + 2, columns: width + 3)
        for (index, number) in random.normals(whole.count).enumerated() { whole.base[index] = number }
        whole.round(rows: whole.rows)
        let block = whole.block(row: 1, column: 2)
        let values = (0..<rows * columns).map { index in
            let (row, column) = (index / columns, index % columns)
            return Double(
                bfloat16(block.base[isTransposed ? column * block.stride + row : row * block.stride + column]))
        }
        return (isTransposed ? block.transposed : block, values)
    }

    // ---- the model

    /// Against the golden cases, whose numbers are float64: losses within a thousandth, states (of the order
    /// of 1) within 0.05, and each gradient within 2 % of its length, of which a thousandth of the whole gradient's is
    /// no part: some are small differences of large numbers. With Floats that are split, 200 times nearer.
    @Test(arguments: GoldenFolders.all, [(ProductPrecision.bf16, 1.0), (.bf16x3, 0.005)])
    func theModelStaysNearTheReference(folder: String, _ products: (precision: ProductPrecision, share: Double)) throws
    {
        let test = try GoldenCase(folder: folder, products.precision)
        let share = products.share
        let loss = test.forward()
        for (found, name) in [(loss.masked, "mlm_loss"), (loss.replaced, "rtd_loss"), (loss.total, "total_loss")] {
            let expected = try test.golden.doubles("output.\(name)")[0]
            #expect(abs(found - expected) < 1e-3 * share * expected, "\(name): found \(found), expected \(expected)")
        }
        for (found, name) in [
            (test.workspace.generator.tower.last.output_TH.base, "generator_hidden"),
            (test.workspace.discriminator.tower.last.output_TH.base, "discriminator_hidden"),
        ] {
            let difference = largestDifference(found, try test.unpadded("output.\(name)"))
            // In Float it is a thousandth of that: no difference would mean that nothing was computed in bf16.
            #expect(difference > 1e-4 * share && difference < 0.05 * share, "\(name): \(difference)")
        }

        let gradients = test.gradients()
        let gradientNorm = try test.golden.doubles("output.gradient_norm")[0]
        for specification in test.parameters.layout.specifications {
            let expected = try test.golden.doubles("gradient.\(specification.name)", shape: specification.shape)
            let found = gradients.buffer.base + specification.offset
            let length = expected.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let difference = (0..<expected.count).reduce(0) {
                $0 + (Double(found[$1]) - expected[$1]) * (Double(found[$1]) - expected[$1])
            }.squareRoot()
            #expect(
                difference < share * (0.02 * length + 1e-3 * gradientNorm),
                "\(specification.name): \(difference) of \(length), whole gradient \(gradientNorm)")
        }
    }
}
