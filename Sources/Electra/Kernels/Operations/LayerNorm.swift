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
                into: x.base, rounded: x.rounded, normalized: saved.normalized.base,
                inverseDeviation: saved.inverseDeviation.base, x: x.base, bias: nil, residual: nil, keep: nil,
                keepScale: 1, scale: parameters.scale.base, shift: parameters.shift.base, epsilon: epsilon, rows: rows,
                columns: x.columns)
        }
    }

    package static func forward(
        into y: inout Tensor, saving saved: inout Saved, x: borrowing Tensor, bias: borrowing Tensor,
        dropout mask: DropoutMask, residual: borrowing Tensor, rows: Int, _ parameters: borrowing Parameters
    ) {
        KernelKind.layerNorm.timed(numbers: 4 * rows * x.columns) {
            ck_layer_norm_forward(
                into: y.base, rounded: y.rounded, normalized: saved.normalized.base,
                inverseDeviation: saved.inverseDeviation.base, x: x.base, bias: bias.base, residual: residual.base,
                keep: mask.keep, keepScale: mask.scale, scale: parameters.scale.base, shift: parameters.shift.base,
                epsilon: epsilon, rows: rows, columns: x.columns)
        }
    }

    /// Turns dy into ds in place, where s = x.
    package static func backward(
        _ gradient: inout Tensor, adding dParameters: inout Parameters, saved: borrowing Saved, rows: Int,
        _ parameters: borrowing Parameters
    ) {
        KernelKind.layerNorm.timed(numbers: 3 * rows * gradient.columns) {
            ck_layer_norm_backward(
                gradient.base, into: nil, rounded: nil, addingBias: nil, addingScale: dParameters.scale.base,
                addingShift: dParameters.shift.base, normalized: saved.normalized.base,
                inverseDeviation: saved.inverseDeviation.base, keep: nil, keepScale: 1, scale: parameters.scale.base,
                rows: rows, columns: gradient.columns)
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
                gradient.base, into: dx.base, rounded: dx.rounded, addingBias: dBias.base,
                addingScale: dParameters.scale.base, addingShift: dParameters.shift.base,
                normalized: saved.normalized.base, inverseDeviation: saved.inverseDeviation.base, keep: mask.keep,
                keepScale: mask.scale, scale: parameters.scale.base, rows: rows, columns: gradient.columns)
        }
    }
}
