import CKernels

/// y = gelu(x + b), with gelu(z) = z P(Z <= z) and Z standard normal: the erf form, not the tanh approximation
/// (docs/algorithm.md 1). b is the bias of the layer before, whose product x is.
///
///     dx = dy (P(Z <= z) + z density(z));    db += column sums of dx
package enum GELU {
    package static func forward(into y: inout Tensor, x: borrowing Tensor, bias: borrowing Tensor, rows: Int) {
        KernelKind.gelu.timed(numbers: 2 * rows * x.columns) {
            ck_gelu_forward(y.base, y.rounded, x.base, bias.base, rows, x.columns)
        }
    }

    /// Turns dy into dx in place, and computes y again on the way: the forward pass need not keep it.
    package static func backward(
        _ gradient: inout Tensor, recomputing y: inout Tensor, addingBias dBias: inout Tensor, x: borrowing Tensor,
        bias: borrowing Tensor, rows: Int
    ) {
        KernelKind.gelu.timed(numbers: 4 * rows * x.columns) {
            ck_gelu_backward(
                gradient.base, rounded: gradient.rounded, stride: gradient.stride, recomputing: y.base,
                roundedOutput: y.rounded, addingBias: dBias.base, x: x.base, bias: bias.base, rows: rows,
                columns: x.columns)
        }
    }
}
