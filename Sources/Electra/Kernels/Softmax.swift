import CKernels

/// p = softmax(scale s) over the columns of each row; q = dropout(p) is what goes on.
///
///     dp = dropout(dq)        ds = scale p (dp - sum(dp p))
enum Softmax {
    /// `scores` turn into p in place; `dropped` may be the same memory when p itself is not needed. `rounded` is its
    /// copy in bf16.
    static func forward(
        _ scores: UnsafeMutablePointer<Float>, dropped: UnsafeMutablePointer<Float>,
        rounded: UnsafeMutablePointer<BFloat16>? = nil, mask: DropoutMask, scale: Float, rows: Int, columns: Int
    ) {
        KernelKind.softmax.timed(numbers: 3 * rows * columns) {
            ck_softmax_forward(scores, dropped, rounded, mask.keep, mask.scale, scale, rows, columns)
        }
    }

    /// Turns dq into ds in place; `rounded` is its copy in bf16.
    static func backward(
        _ gradient: UnsafeMutablePointer<Float>, rounded: UnsafeMutablePointer<BFloat16>? = nil,
        probabilities: UnsafePointer<Float>, mask: DropoutMask, scale: Float, rows: Int, columns: Int
    ) {
        KernelKind.softmax.timed(numbers: 3 * rows * columns) {
            ck_softmax_backward(gradient, rounded, probabilities, mask.keep, mask.scale, scale, rows, columns)
        }
    }
}
