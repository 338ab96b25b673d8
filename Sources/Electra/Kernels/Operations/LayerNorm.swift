import CKernels

/// y = scale n + shift, n = (s - mean s) / sqrt(variance s + epsilon), over the columns of each row, where
/// s = residual + dropout(x + b), or s = x alone. b is the bias of the layer before, whose product x is.
///
///     ds = (g - mean g - n mean(g n)) / deviation  with g = dy scale;    dscale += dy n;    dshift += dy
///     dresidual = ds;    dx = dropout(ds);    db += column sums of dx
package enum LayerNorm {
    /// The reference's and Hugging Face's epsilon (docs/algorithm.md 1).
    package static let epsilon: Float = 1e-12

    package struct Parameters: ~Copyable {
        package var scale: Tensor
        package var shift: Tensor

        package init(scale: consuming Tensor, shift: consuming Tensor) {
            self.scale = scale
            self.shift = shift
        }
    }

    /// What the backward pass needs.
    package struct Saved: ~Copyable {
        package var normalized: Tensor
        package var inverseDeviation: Tensor

        package init(normalized: consuming Tensor, inverseDeviation: consuming Tensor) {
            self.normalized = normalized
            self.inverseDeviation = inverseDeviation
        }
    }

    /// x turns into y.
    package static func forward(
        inPlace x: inout Tensor, saving saved: inout Saved, rows: Int, _ parameters: borrowing Parameters
    ) {
        KernelKind.layerNorm.timed(numbers: 3 * rows * x.columns) {
            ck_layer_norm_forward(
                x.base, x.rounded, saved.normalized.base, saved.inverseDeviation.base, x.base, nil, nil, nil, 1,
                parameters.scale.base, parameters.shift.base, epsilon, rows, x.columns)
        }
    }

    package static func forward(
        into y: inout Tensor, saving saved: inout Saved, x: borrowing Tensor, bias: borrowing Tensor,
        dropout mask: DropoutMask, residual: borrowing Tensor, rows: Int, _ parameters: borrowing Parameters
    ) {
        KernelKind.layerNorm.timed(numbers: 4 * rows * x.columns) {
            ck_layer_norm_forward(
                y.base, y.rounded, saved.normalized.base, saved.inverseDeviation.base, x.base, bias.base,
                residual.base, mask.keep, mask.scale, parameters.scale.base, parameters.shift.base, epsilon, rows,
                x.columns)
        }
    }

    /// Turns dy into ds in place, where s = x.
    package static func backward(
        _ gradient: inout Tensor, adding dParameters: inout Parameters, saved: borrowing Saved, rows: Int,
        _ parameters: borrowing Parameters
    ) {
        KernelKind.layerNorm.timed(numbers: 3 * rows * gradient.columns) {
            ck_layer_norm_backward(
                gradient.base, nil, nil, nil, dParameters.scale.base, dParameters.shift.base, saved.normalized.base,
                saved.inverseDeviation.base, nil, 1, parameters.scale.base, rows, gradient.columns)
        }
    }

    /// Turns dy into ds in place, which is the residual's gradient, too.
    package static func backward(
        _ gradient: inout Tensor, into dx: inout Tensor, addingBias dBias: inout Tensor,
        adding dParameters: inout Parameters, saved: borrowing Saved, dropout mask: DropoutMask, rows: Int,
        _ parameters: borrowing Parameters
    ) {
        KernelKind.layerNorm.timed(numbers: 4 * rows * gradient.columns) {
            ck_layer_norm_backward(
                gradient.base, dx.base, dx.rounded, dBias.base, dParameters.scale.base, dParameters.shift.base,
                saved.normalized.base, saved.inverseDeviation.base, mask.keep, mask.scale, parameters.scale.base, rows,
                gradient.columns)
        }
    }
}
