import CKernels

/// p = softmax(scale s) over the columns of each row; q = dropout(p) is what goes on.
///
///     dp = dropout(dq)        ds = scale p (dp - sum(dp p))
enum Softmax {
    /// `scores` turn into p in place, negative where q dropped it.
    static func forward(
        _ scores: UnsafeMutablePointer<Float>, dropped: inout Tensor, mask: DropoutMask, scale: Float, rows: Int,
        columns: Int
    ) {
        KernelKind.softmax.timed(numbers: 3 * rows * columns) {
            ck_softmax_forward(
                scores, dropped: dropped.base, rounded: dropped.rounded, keep: mask.keep, keepScale: mask.scale,
                scale: scale, rows: rows, columns: columns)
        }
    }

    /// Turns dq into ds in place, from p as the forward pass left it, and computes q again on the way.
    static func backward(
        _ gradient: inout Tensor, recomputing dropped: inout Tensor, probabilities: UnsafePointer<Float>,
        keepScale: Float, scale: Float, rows: Int, columns: Int
    ) {
        KernelKind.softmax.timed(numbers: 4 * rows * columns) {
            ck_softmax_backward(
                gradient.base, rounded: gradient.rounded, recomputing: dropped.base, roundedDropped: dropped.rounded,
                probabilities: probabilities, keepScale: keepScale, scale: scale, rows: rows, columns: columns)
        }
    }
}
