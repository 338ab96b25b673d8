import TestSupport
import Testing

@testable import ElectraKernels

/// A packed weight is the same weight. Where both ways cut sums into the same blocks, as for these shapes, products with it
/// do not change by a bit, whatever the number of rows.
@Suite struct WeightPackingTests {
    static let isPackedHere = MatrixLibrary.usesAVX512
    static let shapes = [
        (outputs: 768, inputs: 256), (outputs: 256, inputs: 768), (outputs: 1030, inputs: 256),
        (outputs: 256, inputs: 1024), (outputs: 1400, inputs: 128),
    ]

    @Test(
        .enabled(if: isPackedHere, "oneDNN has no AVX-512 kernels here"), arguments: ProductPrecision.allCases, shapes)
    func productsAreTheSame(precision: ProductPrecision, shape: (outputs: Int, inputs: Int)) {
        if !precision.isAvailable { return }
        let (outputs, inputs) = shape
        let arena = Arena(precision)
        let plain = operand(arena, rows: outputs, columns: inputs)
        let packing = WeightPacking(precision)
        let packed = Tensor(
            base: plain.base, rounded: plain.rounded, isSplit: plain.isSplit,
            packed: packing.add(plain.view, rows: outputs, columns: inputs), rows: outputs, columns: inputs)
        // What is packed in Float is what oneDNN says is worth it.
        #expect((packed.packed?.transposed != nil) == (precision != .f32 || inputs != 1024))
        #expect((packed.packed?.plain != nil) == (precision != .f32 || inputs == 1024))
        packing.distribute(lanes: 2)
        for lane in 0..<2 { packing.pack(lane: lane) }

        let x = operand(arena, rows: 520, columns: inputs)
        let dy = operand(arena, rows: 520, columns: outputs)
        for rows in [1, 7, 15, 16, 17, 76, 520] {
            expectSame(arena, rows, outputs, "forward, \(rows) rows") {
                Linear.forward(into: &$0, x: x, rows: rows, weight: plain)
            } and: {
                Linear.forward(into: &$0, x: x, rows: rows, weight: packed)
            }
            expectSame(arena, rows, inputs, "backward, \(rows) rows") {
                Linear.backward(adding: &$0, dy: dy, rows: rows, weight: plain)
            } and: {
                Linear.backward(adding: &$0, dy: dy, rows: rows, weight: packed)
            }
        }
    }

    /// Each weight once, whoever packs it.
    @Test(.enabled(if: isPackedHere, "oneDNN has no AVX-512 kernels here"), arguments: [1, 2, 3, 50])
    func lanesShareTheWork(lanes: Int) {
        let packing = WeightPacking(.f32)
        let weight = Arena().tensor(rows: 9 * 256, columns: 256)
        let count = (1...9).reduce(0) { count, size in
            let packed = packing.add(weight.view, rows: 256 * size, columns: 256)
            return count + [packed.plain, packed.transposed].count { $0 != nil }
        }
        packing.distribute(lanes: lanes)
        #expect(packing.shares.count == lanes && packing.shares.flatMap(\.self).sorted() == Array(0..<count))
        let loads = (0..<lanes).map { packing.load(lane: $0) }
        #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= 9 * 256 * 256 * 4 * 6 / 5)
    }

    private func operand(_ arena: Arena, rows: Int, columns: Int) -> Tensor {
        let tensor = arena.operand(rows: rows, columns: columns)
        for place in 0..<tensor.count { tensor.base[place] = Float(place &* 7919 % 10007) / 5003 - 1 }
        tensor.round(rows: rows)
        return tensor
    }

    private func expectSame(
        _ arena: Arena, _ rows: Int, _ columns: Int, _ what: Comment, _ one: (inout Tensor) -> Void,
        and other: (inout Tensor) -> Void
    ) {
        func bits(_ product: (inout Tensor) -> Void) -> [UInt32] {
            var y = arena.tensor(rows: rows, columns: columns)
            y.fill(0.5, rows: rows)
            product(&y)
            return UnsafeBufferPointer(start: y.base, count: y.count).map(\.bitPattern)
        }
        #expect(bits(one) == bits(other), what)
    }
}
