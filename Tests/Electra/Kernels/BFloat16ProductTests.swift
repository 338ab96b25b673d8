import CKernels
import Testing

@testable import ElectraKernels

/// c = a b of each unit that this CPU has: sizes that are no multiples of a tile, operands as they
/// lie and transposed, packed and not, with numbers around them that must not be read.
struct BFloat16ProductTests {
    static let sizes = [1, 2, 15, 16, 17, 31, 32, 33, 64, 100]

    struct Case: CustomTestStringConvertible {
        let m: Int, n: Int, k: Int
        let transposesA: Bool, transposesB: Bool, packs: Bool, adds: Bool

        init(_ m: Int, _ n: Int, _ k: Int, _ number: Int) {
            (self.m, self.n, self.k) = (m, n, k)
            transposesA = number & 1 != 0
            transposesB = number & 2 != 0
            packs = number & 4 != 0
            adds = number & 8 != 0
        }

        var testDescription: String {
            "\(m) x \(k)\(transposesA ? " transposed" : "") by \(n)\(transposesB ? " transposed" : "")"
                + "\(packs ? ", packed" : "")\(adds ? ", added" : "")"
        }
    }

    /// Each size as each of the three, in all ways; and what is more than the kernels take at once.
    static let cases: [Case] = (0..<16).flatMap { number in
        sizes.flatMap { [Case($0, 33, 48, number), Case(48, $0, 33, number), Case(33, 48, $0, number)] }
            + [Case(2, 1040, 520, number)]
    }

    @Test(arguments: HalfMatrix.unitsHere)
    func `products are sums of products`(unit: ck_product_unit) {
        for one in Self.cases { check(one, unit) }
    }

    /// With small whole numbers, of which sums are exact.
    private func check(_ one: Case, _ unit: ck_product_unit) {
        let a = HalfMatrix(one.m, one.k, isTransposed: one.transposesA, seed: 1)
        let b = HalfMatrix(one.k, one.n, isTransposed: one.transposesB, seed: 2)
        let stride = one.n + 3
        var expected = [Float](repeating: 5, count: one.m * stride)
        let found = product(a, b, one, unit, into: expected, stride: stride)
        for row in 0..<one.m {
            for column in 0..<one.n {
                var sum: Float = one.adds ? 5 : 0
                for place in 0..<one.k { sum += a.number(row, place) * b.number(place, column) }
                expected[row * stride + column] = sum
            }
        }
        #expect(found == expected, "\(one.testDescription)")
    }

    private func product(
        _ a: HalfMatrix, _ b: HalfMatrix, _ one: Case, _ unit: ck_product_unit, into start: [Float], stride: Int
    ) -> [Float] {
        var c = start
        a.withMatrix { a in
            b.withMatrix { b in
                var packed = [UInt16](repeating: 0x7FC0, count: one.packs ? ck_packed_count(one.k, one.n) : 0)
                if one.packs { ck_pack_right(unit, &packed, b, one.k, one.n) }
                c.withUnsafeMutableBufferPointer { c in
                    ck_bf16_product(
                        unit, target(c.baseAddress!, stride, adds: one.adds), a, b,
                        one.packs ? packed : nil, one.m, one.n, one.k)
                }
            }
        }
        return c
    }

    private func target(_ base: UnsafeMutablePointer<Float>, _ stride: Int, adds: Bool) -> ck_product_target {
        ck_product_target(base: base, stride: stride, adds: adds, bias: nil, rounded: nil, add_column_sums: nil)
    }

    /// Packed, all of k is summed up in the instructions' registers; not packed, in parts, by way of the target.
    @Test(arguments: HalfMatrix.unitsHere)
    func `packed or not, the bits are the same`(unit: ck_product_unit) {
        let (m, n, k) = (48, 70, 1100)
        let a = HalfMatrix(m, k, isTransposed: false, seed: 1)
        let b = HalfMatrix(k, n, isTransposed: true, seed: 2)
        let sums = [0b1010, 0b1110].map { number in
            product(a, b, Case(m, n, k, number), unit, into: Array(repeating: 0.1, count: m * n), stride: n)
        }
        #expect(sums[0] == sums[1])
    }
}
