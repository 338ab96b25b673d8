import CKernels

/// Products of Floats by the CPU's tiles: each number is taken as the sum of two in bf16, which makes three products of these
/// (the one of the two small parts is left out). A term is exact to 2^-17 of itself, Floats have 2^-24.
enum SplitProduct {
    /// a is m x k, b is k x n; the sums of c's columns are added to `columnSums`.
    static func multiply(
        into c: MatrixProduct.View, _ a: MatrixProduct.View, _ b: MatrixProduct.View, m: Int, n: Int, k: Int,
        adds: Bool,
        addingColumnSums columnSums: UnsafeMutablePointer<Float>?
    ) {
        ck_split_product(
            BFloat16Product.unit, c.halfTarget(adds: adds, addingColumnSums: columnSums), a.floats, b.floats,
            b.packedRightSide?.assumingMemoryBound(to: BFloat16.self), m, n, k)
    }
}

extension MatrixProduct.View {
    var floats: ck_float_matrix { ck_float_matrix(base: base, stride: stride, is_transposed: isTransposed) }
}
