import CKernels
import ElectraSupport

/// Products of bf16 numbers, summed in Float: by the CPU's tiles (AMX) or its AVX-512 bf16 instructions (CKernels/products.c), or
/// in plain C, which is much slower than Float alone.
package enum BFloat16Product {
    /// Who multiplies; nil where the CPU has no instructions for it. ELECTRA_DIST_BF16=emulated asks for plain C, so that
    /// all around it can be tested anywhere.
    static var unit: ck_product_unit? {
        if isEmulated { return CK_PLAIN_C }
        return switch ProductLevel.current {
        case .amx: CK_TILES
        case .avx512BFloat16: CK_AVX512_BF16
        case .avx512, .avx2, .older: nil
        }
    }

    package static var isAvailable: Bool { unit != nil }

    private static let isEmulated = environmentVariable("ELECTRA_DIST_BF16") == "emulated"

    /// c = a b + beta c, where a is m x k, b is k x n and c is m x n, and beta is 0 or 1; `packed` is b, or nil.
    static func multiply(
        into c: MatrixProduct.View, _ a: ck_bf16_matrix, _ b: ck_bf16_matrix, packed: UnsafeMutableRawPointer?,
        m: Int, n: Int, k: Int, beta: Float
    ) {
        guard let unit else { preconditionFailure("a product in bf16 where there is none") }
        ck_bf16_product(
            unit, ck_product_target(base: c.base, stride: c.stride, adds: beta != 0), a, b,
            packed?.assumingMemoryBound(to: BFloat16.self), m, n, k)
    }
}

extension MatrixProduct.View {
    /// The copy in bf16; nil for a matrix that has none.
    var halves: ck_bf16_matrix? {
        rounded.map { ck_bf16_matrix(base: $0, stride: stride, is_transposed: isTransposed) }
    }
}
