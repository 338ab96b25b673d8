import CKernels
import COneDNN
import ElectraSupport
import Glibc

/// Products of bf16 numbers, summed in Float: by oneDNN where the CPU multiplies bf16 itself, and else by Float products
/// of the same numbers, which are as exact and slower than Float alone.
package enum BFloat16Product {
    /// The copy in bf16 of a matrix: row `r` starts at `base + r * stride`; read as its transpose where it says so.
    struct Operand {
        let base: UnsafePointer<BFloat16>
        let stride: Int
        let isTransposed: Bool

        /// Nil for a matrix that has no copy.
        init?(_ view: MatrixProduct.View) {
            guard let rounded = view.rounded else { return nil }
            (base, stride, isTransposed) = (UnsafePointer(rounded), view.stride, view.isTransposed)
        }
    }

    /// Who multiplies. ELECTRA_DIST_BF16 ("emulated" or "native") has a say, so that both can be tested anywhere.
    static let isNative: Bool =
        switch requested {
        case "emulated": false
        case "native": ed_has_bf16_product()
        default: ed_has_bf16_product() && Processor.read().hasBFloat16
        }

    /// Whether bf16 is there to be used: emulation is for tests, and has to be asked for.
    package static var isAvailable: Bool { isNative || requested == "emulated" }

    private static let requested = getenv("ELECTRA_DIST_BF16").map { String(cString: $0) }

    /// c = a b + beta c, where a is m x k, b is k x n and c is m x n; `packed` is b, or nil.
    static func multiply(
        into c: MatrixProduct.View, _ a: Operand, _ b: Operand, packed: UnsafeMutableRawPointer?, m: Int, n: Int,
        k: Int, beta: Float
    ) {
        guard isNative else { return emulate(into: c, a, b, m: m, n: n, k: k, beta: beta) }
        let status =
            if let packed {
                ed_bf16_product_with_packed(a.isTransposed, m, n, k, a.base, a.stride, packed, beta, c.base, c.stride)
            } else {
                ed_bf16_product(
                    a.isTransposed, b.isTransposed, m, n, k, a.base, a.stride, b.base, b.stride, beta, c.base, c.stride)
            }
        precondition(status == dnnl_success, "bf16 product of \(m) x \(k) x \(n): oneDNN status \(status.rawValue)")
    }

    private static func emulate(
        into c: MatrixProduct.View, _ a: Operand, _ b: Operand, m: Int, n: Int, k: Int, beta: Float
    ) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: m * k + k * n) { memory in
            let wideA = a.widened(into: memory.baseAddress!, rows: m, columns: k)
            let wideB = b.widened(into: memory.baseAddress! + m * k, rows: k, columns: n)
            MatrixProduct.byOpenBLAS(into: c, wideA, wideB, m: m, n: n, k: k, beta: beta)
        }
    }
}

extension BFloat16Product.Operand {
    /// The same numbers as Float, in `target`, as they lie in memory but without gaps.
    fileprivate func widened(
        into target: UnsafeMutablePointer<Float>, rows: Int, columns: Int
    ) -> MatrixProduct.View {
        let (height, width) = isTransposed ? (columns, rows) : (rows, columns)
        for row in 0..<height { ck_from_bfloat16(target + row * width, base + row * stride, width) }
        return MatrixProduct.View(base: target, rounded: nil, stride: width, isTransposed: isTransposed)
    }
}
