import CKernels

/// y = x W^T + b, with W [outputs, inputs] as Hugging Face and PyTorch store it. Where a GELU or a LayerNorm follows,
/// that adds the bias, on its way over y.
///
///     dx = dy W        dW += dy^T x        db += column sums of dy
///
/// The first product of a slice does not add to a weight's gradient, it writes it (`GradientStore`).
///
/// In bf16, x and dy come rounded; what comes out does not, except where there is nothing but halves (`Arena.factor`).
package enum Linear {
    package static func forward(into y: inout Tensor, x: borrowing Tensor, rows: Int, weight: borrowing Tensor) {
        MatrixProduct.multiply(
            into: y.view, x.view, weight.view.transposed, m: rows, n: weight.rows, k: weight.columns, beta: 0)
    }

    package static func forward(
        into y: inout Tensor, x: borrowing Tensor, rows: Int, weight: borrowing Tensor, bias: borrowing Tensor,
        as kind: KernelKind = .denseProduct
    ) {
        if let halvesOfX = x.view.halves, let halvesOfWeight = weight.view.transposed.halves {
            return kind.timed(
                operations: 2 * rows * weight.count, numbers: rows * (weight.rows + weight.columns) + weight.count
            ) {
                BFloat16Product.multiply(
                    into: y.view.halfTarget(bias: bias.base), halvesOfX, halvesOfWeight,
                    packed: weight.view.transposed.packedRightSide, m: rows, n: weight.rows, k: weight.columns)
            }
        }
        KernelKind.biasAndSums.timed(numbers: rows * weight.rows) {
            ck_fill_rows(y.base, bias.base, rows, weight.rows)
        }
        MatrixProduct.multiply(
            into: y.view, x.view, weight.view.transposed, m: rows, n: weight.rows, k: weight.columns, beta: 1,
            as: kind)
    }

    package static func backward(
        addingWeight dWeight: inout Tensor, dy: borrowing Tensor, x: borrowing Tensor, rows: Int,
        as kind: KernelKind = .denseProduct
    ) {
        guard rows > 0 else { return }
        dWeight.touched?.update(repeating: true, count: dWeight.rows)
        let beta: Float = dWeight.takeUnwritten() ? 0 : 1
        MatrixProduct.multiply(
            into: dWeight.view, dy.view.transposed, x.view, m: dWeight.rows, n: dWeight.columns, k: rows, beta: beta,
            as: kind)
    }

    package static func backward(
        addingWeight dWeight: inout Tensor, addingBias dBias: inout Tensor, dy: borrowing Tensor, x: borrowing Tensor,
        rows: Int, as kind: KernelKind = .denseProduct
    ) {
        KernelKind.biasAndSums.timed(numbers: rows * dWeight.rows) {
            ck_add_column_sums(dBias.base, dy.base, dy.stride, rows, dWeight.rows)
        }
        backward(addingWeight: &dWeight, dy: dy, x: x, rows: rows, as: kind)
    }

    package static func backward(
        into dx: inout Tensor, dy: borrowing Tensor, rows: Int, weight: borrowing Tensor,
        as kind: KernelKind = .denseProduct
    ) {
        inputGradient(&dx, dy: dy, rows: rows, weight: weight, beta: 0, as: kind)
    }

    package static func backward(adding dx: inout Tensor, dy: borrowing Tensor, rows: Int, weight: borrowing Tensor) {
        inputGradient(&dx, dy: dy, rows: rows, weight: weight, beta: 1, as: .denseProduct)
    }

    private static func inputGradient(
        _ dx: inout Tensor, dy: borrowing Tensor, rows: Int, weight: borrowing Tensor, beta: Float, as kind: KernelKind
    ) {
        MatrixProduct.multiply(
            into: dx.view, dy.view, weight.view, m: rows, n: weight.columns, k: weight.rows, beta: beta, as: kind)
    }
}
