import Benchmark
import CKernels
import COneDNN
import COpenBLAS

/// A product of the shapes that a step of preset small computes, c (m x n) += op(a) op(b), with 512 tokens in a
/// micro-batch. Row lengths are those of the matrices that the operands are parts of.
struct Shape {
    let name: String
    let m, n, k: Int
    var transposesA = false
    var transposesB = false
    var strideA: Int?
    var strideB: Int?
    var strideC: Int?

    /// Whether b is a weight, which oneDNN packs once a step.
    var packsB: Bool { !transposesA && strideB == nil }

    static let all = [
        Shape(name: "layer, forward", m: 512, n: 1024, k: 256, transposesB: true),
        Shape(name: "layer, back to inputs", m: 512, n: 256, k: 1024),
        Shape(name: "layer, back to weights", m: 1024, n: 256, k: 512, transposesA: true),
        Shape(name: "attention, scores", m: 128, n: 128, k: 64, transposesB: true, strideA: 768, strideB: 768),
        Shape(name: "attention, context", m: 128, n: 64, k: 128, strideB: 768, strideC: 256),
        Shape(name: "vocabulary, forward", m: 76, n: 30522, k: 128, transposesB: true),
        Shape(name: "vocabulary, back to inputs", m: 76, n: 128, k: 30522),
        Shape(name: "vocabulary, back to weights", m: 30522, n: 128, k: 76, transposesA: true),
    ]

    var a: Int { strideA ?? (transposesA ? m : k) }
    var b: Int { strideB ?? (transposesB ? k : n) }
    var c: Int { strideC ?? n }
    var operations: Int { 2 * m * n * k }
}

/// Each library on each shape; those that this machine does not have are left out.
func productBenchmarks() {
    for shape in Shape.all {
        benchmark("\(shape.name), OpenBLAS", operations: shape.operations) {
            cblas_sgemm(
                CblasRowMajor, shape.transposesA ? CblasTrans : CblasNoTrans,
                shape.transposesB ? CblasTrans : CblasNoTrans, Int32(shape.m), Int32(shape.n), Int32(shape.k), 1,
                $0.a, Int32(shape.a), $0.b, Int32(shape.b), 1, $0.c, Int32(shape.c))
        }
        benchmark("\(shape.name), oneDNN", operations: shape.operations) {
            _ = ed_float_product(
                shape.transposesA, shape.transposesB, shape.m, shape.n, shape.k, $0.a, shape.a, $0.b, shape.b, 1,
                $0.c, shape.c)
        }
        packedProductBenchmark(shape)
        if ck_has_avx512_bf16() { halfProductBenchmark(shape, CK_AVX512_BF16, "AVX-512 bf16") }
        if ck_allow_tiles() { halfProductBenchmark(shape, CK_TILES, "tiles") }
    }
}

private func packedProductBenchmark(_ shape: Shape) {
    let weight = ed_right_operand(
        is_transposed: shape.transposesB, n: shape.n, k: shape.k, stride: shape.b)
    guard shape.packsB && ed_packed_bytes(weight) > 0 else { return }
    // Written here, only read by the benchmark.
    nonisolated(unsafe) let packed = UnsafeMutableRawPointer.allocate(
        byteCount: ed_packed_bytes(weight), alignment: 4096)
    guard ed_pack(weight, Memory.shared.b, packed) == dnnl_success else { return }
    benchmark("\(shape.name), oneDNN packed", operations: shape.operations) { memory in
        _ = ed_float_product_with_packed(
            false, shape.m, shape.n, shape.k, memory.a, shape.a, packed, 1, memory.c, shape.c)
    }
}

/// Our own kernels in bf16, with weights packed as in a step.
private func halfProductBenchmark(_ shape: Shape, _ unit: ck_product_unit, _ name: String) {
    func right(_ memory: Memory) -> ck_bf16_matrix {
        ck_bf16_matrix(base: memory.halvesB, stride: shape.b, is_transposed: shape.transposesB)
    }
    // Written here, only read by the benchmark.
    nonisolated(unsafe) var packed: UnsafeMutablePointer<UInt16>?
    if shape.packsB {
        packed = .allocate(capacity: ck_packed_count(shape.k, shape.n))
        ck_pack_right(unit, packed, right(.shared), shape.k, shape.n)
    }
    benchmark("\(shape.name), \(name)", operations: shape.operations) { [packed] memory in
        ck_bf16_product(
            unit,
            ck_product_target(
                base: memory.c, stride: shape.c, adds: true, bias: nil, rounded: nil, add_column_sums: nil),
            ck_bf16_matrix(base: memory.halvesA, stride: shape.a, is_transposed: shape.transposesA), right(memory),
            packed, shape.m, shape.n, shape.k)
    }
}
