import COpenBLAS

/// Matrix products by BLAS, single-threaded: lanes are the only parallelism inside a rank.
enum MatrixProduct {
    /// A matrix inside a larger one: row `r` starts at `base + r * stride`; read as its transpose where it says so.
    struct View {
        let base: UnsafeMutablePointer<Float>
        let stride: Int
        var isTransposed = false

        var transposed: View { View(base: base, stride: stride, isTransposed: !isTransposed) }
    }

    /// c = a b + beta c, where a is m x k, b is k x n and c is m x n.
    static func multiply(
        into c: View, _ a: View, _ b: View, m: Int, n: Int, k: Int, beta: Float, as kind: KernelKind = .denseProduct
    ) {
        guard m > 0, n > 0 else { return }
        kind.timed(operations: 2 * m * n * k, numbers: m * k + k * n + m * n) {
            cblas_sgemm(
                CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
                Int32(m), Int32(n), Int32(k), 1, a.base, Int32(a.stride), b.base, Int32(b.stride), beta, c.base,
                Int32(c.stride))
        }
    }
}

extension Tensor {
    var view: MatrixProduct.View { MatrixProduct.View(base: base, stride: columns) }

    /// `columns` columns from `column` on, from row `row` on.
    func block(row: Int, column: Int) -> MatrixProduct.View {
        MatrixProduct.View(base: base + row * columns + column, stride: columns)
    }
}

extension MatrixProduct {
    /// Multiplications and additions a second in a product of the encoder's kind: the ceiling that a step is held
    /// against. The buffers hold a million numbers or more each.
    static func operationsPerSecond(in source: FlatBuffer, into target: FlatBuffer) -> Double {
        let (m, n, k) = (512, 1024, 256)
        let a = View(base: source.base, stride: k)
        let b = View(base: source.base + m * k, stride: n)
        let c = View(base: target.base, stride: n)
        return 2 * Double(m * n * k)
            * Stopwatch.callsPerSecond(for: 0.3) { multiply(into: c, a, b, m: m, n: n, k: k, beta: 0) }
    }
}
