import CKernels

/// y = x P(X <= x) with X standard normal: the erf form, not the tanh approximation (ELECTRA.md 1.2).
///
///     dx = dy (P(X <= x) + x density(x))
enum GELU {
    static func forward(into y: inout Tensor, x: borrowing Tensor, rows: Int) {
        let count = rows * x.columns
        KernelKind.gelu.timed(numbers: 2 * count) { ck_gelu_forward(y.base, y.rounded, x.base, count) }
    }

    /// Turns dy into dx in place, and computes y again on the way: the forward pass need not keep it.
    static func backward(_ gradient: inout Tensor, recomputing y: inout Tensor, x: borrowing Tensor, rows: Int) {
        let count = rows * x.columns
        KernelKind.gelu.timed(numbers: 4 * count) {
            ck_gelu_backward(gradient.base, gradient.rounded, y.base, y.rounded, x.base, count)
        }
    }
}
