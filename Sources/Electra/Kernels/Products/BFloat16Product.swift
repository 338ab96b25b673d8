import CKernels
import ElectraSupport

/// Products of bf16 numbers, summed in Float: by the CPU's tiles (AMX) or its AVX-512 bf16 instructions (CKernels/products.c), or
/// in plain C, which is much slower than Float alone.
package enum BFloat16Product {
    /// Who multiplies.
    static var unit: ck_product_unit {
        if isEmulated { return CK_PLAIN_C }
        return switch ProductLevel.current {
        case .amx: CK_TILES
        case .avx512BFloat16: CK_AVX512_BF16
        case .avx512, .avx2, .older: CK_PLAIN_C
        }
    }

    package static var unitName: String {
        switch unit {
        case CK_TILES: "AMX tiles"
        case CK_AVX512_BF16: "AVX-512 bf16"
        default: "plain C"
        }
    }

    /// Whether bf16 is there to be used: plain C is for tests, and has to be asked for (ELECTRA_DIST_BF16=emulated).
    package static var isAvailable: Bool { isEmulated || ProductLevel.current >= .avx512BFloat16 }

    fileprivate static let isEmulated = environmentVariable("ELECTRA_DIST_BF16") == "emulated"

    /// a is m x k, b is k x n; `packed` is b, or nil.
    static func multiply(
        into target: ck_product_target, _ a: ck_bf16_matrix, _ b: ck_bf16_matrix, packed: UnsafeMutableRawPointer?,
        m: Int, n: Int, k: Int
    ) {
        ck_bf16_product(unit, target, a, b, packed?.assumingMemoryBound(to: BFloat16.self), m, n, k)
    }
}

extension ProductPrecision {
    /// Whether it is there to be used. Three products in bf16 are faster than one of Floats by tiles alone.
    package var isAvailable: Bool {
        switch self {
        case .f32: true
        case .bf16: BFloat16Product.isAvailable
        case .bf16x3: BFloat16Product.isEmulated || ProductLevel.current == .amx
        }
    }

    /// What a CPU has that has it, as /proc/cpuinfo calls it.
    package var instructions: String { self == .bf16x3 ? "tiles (amx_bf16)" : "bf16 instructions (avx512_bf16)" }
}

extension MatrixProduct.View {
    /// The copy in bf16; nil for a matrix that has none.
    var halves: ck_bf16_matrix? {
        rounded.map { ck_bf16_matrix(base: $0, stride: stride, is_transposed: isTransposed) }
    }

    /// Where a product goes: into Floats where there are, else into halves. The bias of each column is added, and the
    /// sums of the columns are added to `columnSums`.
    func halfTarget(
        adds: Bool = false, bias: UnsafePointer<Float>? = nil,
        addingColumnSums columnSums: UnsafeMutablePointer<Float>? = nil
    ) -> ck_product_target {
        ck_product_target(
            base: hasFloats ? base : nil, stride: stride, adds: adds, bias: bias, rounded: hasFloats ? nil : rounded,
            add_column_sums: columnSums)
    }
}
