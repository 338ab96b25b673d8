import CKernels
import TestSupport
import Testing

@testable import ElectraKernels

/// The small loops: each value is exact or rounded once, and nothing beside it is touched.
struct ElementwiseTests {
    let arena = Arena()

    @Test(arguments: [1, 3, 17, 31, 33, 65, 127, 130])
    func fillAddAndSumOfThree(_ count: Int) {
        var random = RandomNumbers(seed: count)
        let (a, b, c) = (random.normals(count), random.normals(count), random.normals(count))
        let filled = arena.untouchedTensor(rows: 1, columns: count)
        ck_fill(filled.base, count, 2.5)
        #expect(filled.checkedValues().allSatisfy { $0 == 2.5 })
        let sum = arena.tensor(a, columns: count)
        ck_add(sum.base, b, count)
        #expect(sum.checkedValues() == zip(a, b).map { $0 + $1 })
        let rounded = arena.tensor(a, columns: count)
        ck_add_rounded(rounded.base, b, count)
        #expect(rounded.checkedValues() == zip(a, b).map { bfloat16($0) + bfloat16($1) })
        let three = arena.untouchedTensor(rows: 1, columns: count)
        ck_sum_of_three(three.base, a, b, c, count)
        #expect(three.checkedValues() == a.indices.map { a[$0] + b[$0] + c[$0] })
    }

    @Test(arguments: [1, 3, 63, 64, 65, 127, 128, 130, 200], [1, 2, 17])
    func rowsAndColumnSums(columns: Int, rows: Int) {
        var random = RandomNumbers(seed: columns)
        let row = random.normals(columns)
        let filled = arena.untouchedTensor(rows: rows, columns: columns)
        ck_fill_rows(filled.base, row, rows, columns)
        #expect(filled.checkedValues() == (0..<rows).flatMap { _ in row })

        let x = random.normals(rows * columns)
        let start = random.normals(columns)
        let sums = arena.tensor(start, columns: columns)
        ck_add_column_sums(sums.base, x, columns, rows, columns)
        // Rows are added in order, so this is exact.
        let expected = (0..<columns).map { column in
            (0..<rows).reduce(start[column]) { $0 + x[$1 * columns + column] }
        }
        #expect(sums.checkedValues() == expected)
    }

    @Test(arguments: [0, 1, 3, 17, 65, 130, 16_384 + 5])
    func sumOfSquares(_ count: Int) {
        var random = RandomNumbers(seed: count)
        // Squares that overflow and underflow Float.
        let x = random.normals(count) + [1e30, 1e-30]
        let expected = doubles(x).reduce(0) { $0 + $1 * $1 }
        #expect(abs(ck_sum_of_squares(x, x.count) - expected) <= 1e-13 * expected)
        let plain = Array(x[..<count])
        let sum = doubles(plain).reduce(0) { $0 + $1 * $1 }
        #expect(abs(ck_sum_of_squares(plain, count) - sum) <= 1e-13 * sum)
    }
}
