import COpenBLAS

/// Products of matrices of Doubles, their rows without gaps, by OpenBLAS: for sums that are too long for Floats.
package enum DoubleProduct {
    /// c = a bᵀ, where a is m x k, b is n x k and c is m x n.
    package static func multiply(
        _ a: UnsafePointer<Double>, byTransposed b: UnsafePointer<Double>, into c: UnsafeMutablePointer<Double>,
        m: Int, n: Int, k: Int
    ) {
        cblas_dgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, Int32(m), Int32(n), Int32(k), 1, a, Int32(k), b, Int32(k), 0, c,
            Int32(n))
    }

    /// c += aᵀ b, where a is k x m, b is k x n and c is m x n.
    package static func addTransposed(
        _ a: UnsafePointer<Double>, times b: UnsafePointer<Double>, to c: UnsafeMutablePointer<Double>, m: Int, n: Int,
        k: Int
    ) {
        cblas_dgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, a, Int32(m), b, Int32(n), 1, c,
            Int32(n))
    }
}
