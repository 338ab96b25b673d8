import CKernels

/// p = softmax(scale s) over the columns of each row; q = dropout(p) is what goes on.
///
///     dp = dropout(dq)        ds = scale p (dp - sum(dp p))
enum Softmax {
    /// p, negative where q dropped it: in Float, or in bf16 halves.
    struct Probabilities {
        let floats: UnsafeMutablePointer<Float>?
        let halves: UnsafeMutablePointer<BFloat16>?

        func from(_ place: Int) -> Probabilities {
            Probabilities(floats: floats.map { $0 + place }, halves: halves.map { $0 + place })
        }
    }

    /// `scores` are the memory of the probabilities, where those are in Float, and turn into them in place.
    static func forward(
        _ scores: UnsafeMutablePointer<Float>, into p: Probabilities, dropped: inout Tensor, mask: DropoutMask,
        scale: Float, rows: Int, columns: Int
    ) {
        KernelKind.softmax.timed(numbers: 3 * rows * columns) {
            if let halves = p.halves, let dropped = dropped.rounded {
                ck_softmax_forward_halves(
                    BFloat16Product.unit, scores, probabilities: halves, dropped: dropped, keep: mask.keep,
                    keepScale: mask.scale, scale: scale, rows: rows, columns: columns)
            } else {
                ck_softmax_forward(
                    scores, dropped: dropped.base, keep: mask.keep, keepScale: mask.scale, scale: scale, rows: rows,
                    columns: columns)
            }
        }
    }

    /// Turns dq into ds, in place or in halves, from p as the forward pass left it, and computes q again on the way.
    static func backward(
        _ gradient: inout Tensor, recomputing dropped: inout Tensor, probabilities p: Probabilities, keepScale: Float,
        scale: Float, rows: Int, columns: Int
    ) {
        KernelKind.softmax.timed(numbers: 4 * rows * columns) {
            if let halves = p.halves, let rounded = gradient.rounded, let dropped = dropped.rounded {
                ck_softmax_backward_halves(
                    BFloat16Product.unit, gradient.base, rounded: rounded, recomputing: dropped, probabilities: halves,
                    keepScale: keepScale, scale: scale, rows: rows, columns: columns)
            } else if let floats = p.floats {
                ck_softmax_backward(
                    gradient.base, recomputing: dropped.base, probabilities: floats, keepScale: keepScale,
                    scale: scale, rows: rows, columns: columns)
            }
        }
    }
}

extension Arena {
    func probabilities(count: Int) -> Softmax.Probabilities {
        switch precision {
        case .f32, .bf16x3: Softmax.Probabilities(floats: array(of: Float.self, count: count), halves: nil)
        case .bf16: Softmax.Probabilities(floats: nil, halves: array(of: BFloat16.self, count: count))
        }
    }
}
