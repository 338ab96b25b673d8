import CKernels
import TestSupport
import Testing

@testable import ElectraKernels

/// c = a b of Floats by products in bf16, of each unit that this CPU has.
struct SplitProductTests {
    /// Each number the sum of two in bf16, and one of the factors of one: so all products are exact, and all sums. A part that
    /// is left out, or multiplied with the wrong one, would be seen.
    @Test(arguments: HalfMatrix.unitsHere, [true, false])
    func `sums of products of whole numbers are exact`(unit: ck_product_unit, isLeftWide: Bool) {
        for (index, one) in BFloat16ProductTests.cases.enumerated() where index % 4 == (isLeftWide ? 0 : 2) {
            func number(_ isWide: Bool, _ place: Int) -> Float {
                Float(place % (isWide ? 8191 : 17)) - (isWide ? 4095 : 8)
            }
            let a = FloatMatrix(one.m, one.k, isTransposed: one.transposesA) {
                number(isLeftWide, 7919 * $0 + 271 * $1)
            }
            let b = FloatMatrix(one.k, one.n, isTransposed: one.transposesB) {
                number(!isLeftWide, 104_729 * $0 + 31 * $1)
            }
            let found = product(a, b, one, unit)
            for row in 0..<one.m {
                for column in 0..<one.n {
                    var sum: Float = one.adds ? 5 : 0
                    for place in 0..<one.k { sum += a[row, place] * b[place, column] }
                    if found[row * one.n + column] != sum {
                        Issue.record("\(one.testDescription): \(found[row * one.n + column]), not \(sum)")
                        return
                    }
                }
            }
        }
    }

    /// The parts that are left out, of each term: 2^-18 of the product of the lower ones, and of each factor 2^-18.
    @Test(arguments: HalfMatrix.unitsHere)
    func `terms are exact to some millionths`(unit: ck_product_unit) {
        var random = RandomNumbers(seed: 3)
        let one = BFloat16ProductTests.Case(33, 40, 600, 0)
        let a = FloatMatrix(one.m, one.k) { _, _ in random.normal() }
        let b = FloatMatrix(one.k, one.n) { _, _ in random.normal() }
        let found = product(a, b, one, unit)
        var largest = 0.0
        for row in 0..<one.m {
            for column in 0..<one.n {
                let terms = (0..<one.k).map { Double(a[row, $0]) * Double(b[$0, column]) }
                let exact = terms.reduce(0, +)
                let bound = terms.reduce(0) { $0 + abs($1) } * 3 * 0x1p-18
                let error = abs(Double(found[row * one.n + column]) - exact)
                #expect(error < bound)
                largest = max(largest, error / bound)
            }
        }
        // Floats themselves would be nearer than that, numbers of bf16 hundreds of times as far.
        #expect(largest > 0.01)
    }

    /// (An infinity times a lower part that is 0 is no number.)
    @Test(arguments: HalfMatrix.unitsHere, [Float.infinity, -.infinity, .nan])
    func `what is not finite shows`(unit: ck_product_unit, number: Float) {
        let one = BFloat16ProductTests.Case(20, 20, 40, 0)
        let a = FloatMatrix(one.m, one.k) { row, place in row == 3 && place == 5 ? number : 1.5 }
        let b = FloatMatrix(one.k, one.n) { _, _ in 2 }
        let found = product(a, b, one, unit)
        for row in 0..<one.m {
            let sum = found[row * one.n]
            #expect(row == 3 ? !sum.isFinite : sum == 120)
        }
    }

    private func product(
        _ a: FloatMatrix, _ b: FloatMatrix, _ one: BFloat16ProductTests.Case, _ unit: ck_product_unit
    ) -> [Float] {
        var c = [Float](repeating: 5, count: one.m * one.n)
        a.withMatrix { a in
            b.withMatrix { b in
                var packed = [UInt16](repeating: 0x7FC0, count: one.packs ? ck_split_packed_count(one.k, one.n) : 0)
                if one.packs { ck_pack_right_split(unit, &packed, b, one.k, one.n) }
                c.withUnsafeMutableBufferPointer { c in
                    let target = ck_product_target(
                        base: c.baseAddress, stride: one.n, adds: one.adds, bias: nil, rounded: nil,
                        add_column_sums: nil)
                    ck_split_product(unit, target, a, b, one.packs ? packed : nil, one.m, one.n, one.k)
                }
            }
        }
        return c
    }
}

/// With a gap of NaNs behind each row.
private struct FloatMatrix {
    private var numbers: [Float]
    private let stride: Int
    private let isTransposed: Bool

    init(_ rows: Int, _ columns: Int, isTransposed: Bool = false, number: (_ row: Int, _ column: Int) -> Float) {
        let (height, width) = isTransposed ? (columns, rows) : (rows, columns)
        self.isTransposed = isTransposed
        stride = width + 3
        numbers = [Float](repeating: .nan, count: height * stride)
        for row in 0..<rows {
            for column in 0..<columns { numbers[place(row, column)] = number(row, column) }
        }
    }

    subscript(row: Int, column: Int) -> Float { numbers[place(row, column)] }

    private func place(_ row: Int, _ column: Int) -> Int {
        isTransposed ? column * stride + row : row * stride + column
    }

    func withMatrix<Result>(_ body: (ck_float_matrix) -> Result) -> Result {
        numbers.withUnsafeBufferPointer {
            body(ck_float_matrix(base: $0.baseAddress, stride: stride, is_transposed: isTransposed))
        }
    }
}
