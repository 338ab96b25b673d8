import Testing

@testable import Electra

/// A packed weight is the same weight: products do not change by a bit, whatever the number of rows.
@Suite struct WeightPackingTests {
    static let isPackedHere = MatrixLibrary.oneDNNHasAVX512
    static let shapes = [(outputs: 768, inputs: 256), (outputs: 256, inputs: 768), (outputs: 1030, inputs: 256)]

    @Test(
        .enabled(if: isPackedHere, "oneDNN has no AVX-512 kernels here"), arguments: [ProductPrecision.f32, .bf16],
        shapes)
    func productsAreTheSame(precision: ProductPrecision, shape: (outputs: Int, inputs: Int)) {
        if precision == .bf16 && !BFloat16Product.isNative { return }
        let (outputs, inputs) = shape
        let arena = Arena(precision)
        var random = RandomNumbers(seed: outputs)
        let plain = operand(arena, random.normals(outputs * inputs), columns: inputs)
        let packing = WeightPacking(precision)
        let packed = Tensor(
            base: plain.base, rounded: plain.rounded, packed: packing.add(plain.view, rows: outputs, columns: inputs),
            rows: outputs, columns: inputs)
        #expect(packed.packed?.transposed != nil, "nothing was packed")
        for lane in packing.distribute(lanes: 2) { packing.pack(lane) }

        let x = operand(arena, random.normals(700 * inputs), columns: inputs)
        let dy = operand(arena, random.normals(700 * outputs), columns: outputs)
        for rows in [1, 2, 7, 15, 16, 17, 76, 129, 512, 700] {
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
        let weight = Arena().tensor(rows: 768, columns: 256)
        let count = (0..<9).reduce(0) { count, _ in
            let packed = packing.add(weight.view, rows: 768, columns: 256)
            return count + [packed.plain, packed.transposed].count { $0 != nil }
        }
        let shares = packing.distribute(lanes: lanes)
        #expect(shares.count == lanes && shares.flatMap(\.self).sorted() == Array(0..<count))
    }

    private func operand(_ arena: Arena, _ values: [Float], columns: Int) -> Tensor {
        let tensor = arena.operand(rows: values.count / columns, columns: columns)
        tensor.base.update(from: values, count: values.count)
        tensor.round(rows: tensor.rows)
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
