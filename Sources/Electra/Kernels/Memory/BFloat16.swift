/// The upper half of a Float: its range, with 8 bits of precision.
package typealias BFloat16 = UInt16

/// The precision of the matrix products. All else is Float: master weights, sums inside products, norms, softmax, losses,
/// gradients and the optimiser.
package enum ProductPrecision: String, Sendable, CaseIterable {
    case f32, bf16
    /// Of Floats that each are split into two numbers of bf16: three products of these (`SplitProduct`).
    case bf16x3
}
