import CKernels
import COneDNN
import COpenBLAS
import Glibc

/// Products of bf16 numbers, summed in Float: by oneDNN where the CPU multiplies bf16 itself, and else by Float products
/// of the same numbers, which are as exact and slower than Float alone.
enum BFloat16Product {
    /// A matrix whose row `r` starts at `base + r * stride`; read as its transpose where it says so.
    struct Operand {
        let base: UnsafePointer<BFloat16>
        let stride: Int
        let isTransposed: Bool
    }

    /// Who multiplies. ELECTRA_DIST_BF16 ("emulated" or "native") has a say, so that both can be tested anywhere.
    static let isNative: Bool =
        switch requested {
        case "emulated": false
        case "native": oneDNNMultiplies
        default: oneDNNMultiplies && Processor.read().hasBFloat16
        }

    /// Whether bf16 is there to be used: emulation is for tests, and has to be asked for.
    static var isAvailable: Bool { isNative || requested == "emulated" }

    private static let requested = getenv("ELECTRA_DIST_BF16").map { String(cString: $0) }

    private static let oneDNNMultiplies: Bool = {
        var (one, c) = (BFloat16(0x3F80), Float(0))
        return ed_bf16_product(78, 78, 1, 1, 1, &one, 1, &one, 1, 0, &c, 1) == dnnl_success && c == 1
    }()

    /// c = a b + beta c, where a is m x k, b is k x n and c is m x n.
    static func multiply(
        into c: UnsafeMutablePointer<Float>, stride: Int, _ a: Operand, _ b: Operand, m: Int, n: Int, k: Int,
        beta: Float
    ) {
        guard isNative else { return emulate(into: c, stride: stride, a, b, m: m, n: n, k: k, beta: beta) }
        let status = ed_bf16_product(
            a.letter, b.letter, m, n, k, a.base, a.stride, b.base, b.stride, beta, c, stride)
        precondition(status == dnnl_success, "bf16 product of \(m) x \(k) x \(n): oneDNN status \(status.rawValue)")
    }

    private static func emulate(
        into c: UnsafeMutablePointer<Float>, stride: Int, _ a: Operand, _ b: Operand, m: Int, n: Int, k: Int,
        beta: Float
    ) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: m * k + k * n) { memory in
            let (wideA, wideB) = (memory.baseAddress!, memory.baseAddress! + m * k)
            let columnsA = a.widen(into: wideA, rows: m, columns: k)
            let columnsB = b.widen(into: wideB, rows: k, columns: n)
            cblas_sgemm(
                CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
                Int32(m), Int32(n), Int32(k), 1, wideA, Int32(columnsA), wideB, Int32(columnsB), beta, c,
                Int32(stride))
        }
    }
}

extension BFloat16Product.Operand {
    fileprivate var letter: CChar { CChar(UInt8(ascii: isTransposed ? "T" : "N")) }

    /// Writes the matrix as it lies in memory, without gaps; returns the length of its rows there.
    fileprivate func widen(into target: UnsafeMutablePointer<Float>, rows: Int, columns: Int) -> Int {
        let (count, length) = isTransposed ? (columns, rows) : (rows, columns)
        for row in 0..<count { ck_from_bfloat16(target + row * length, base + row * stride, length) }
        return length
    }
}
