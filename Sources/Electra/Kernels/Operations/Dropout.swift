import CKernels

/// The mask of one dropout: a byte an element, 0 where it is dropped; what stays is multiplied by `scale`.
package struct DropoutMask {
    package let keep: UnsafePointer<UInt8>?
    package let scale: Float

    package static var off: DropoutMask { DropoutMask(keep: nil, scale: 1) }
}

/// y = x keep / (1 - rate). Masks are looked up in a random stream in the forward pass; the backward pass finds them where
/// that left them.
package enum Dropout {
    /// A rate below 1 in 65,536ths: 16 random bits decide about an element.
    package static func threshold(rate: Float) -> UInt16 { UInt16((rate * 65536).rounded()) }

    /// The exact inverse of the share that stays, so that the expectation of y is x.
    package static func scale(threshold: UInt16) -> Float { 65536 / (65536 - Float(threshold)) }

    static func fillMask(
        _ keep: UnsafeMutablePointer<UInt8>, count: Int, threshold: UInt16, stream: RandomStream
    ) {
        KernelKind.dropoutMask.timed(numbers: count / MemoryLayout<Float>.stride) {
            ck_dropout_mask(
                into: keep, count: count, threshold: threshold, sequence: stream.sequence, step: stream.step,
                site: stream.site, key0: stream.key0, key1: stream.key1)
        }
    }

    package static func apply(_ x: inout Tensor, rows: Int, mask: DropoutMask) {
        guard let keep = mask.keep else { return }
        let count = rows * x.columns
        KernelKind.dropout.timed(numbers: 2 * count) { ck_dropout_scale(x.base, keep, mask.scale, count) }
        x.round(rows: rows)
    }
}
