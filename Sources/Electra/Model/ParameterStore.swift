import CKernels
package import ElectraKernels

/// The parameters of a model: a flat buffer, and the windows into it. Gradients are other windows of the same kind, over
/// another buffer (`GradientStore`).
package final class ParameterStore<Parameters: AnyObject>: @unchecked Sendable {
    // Unchecked for the reason given at `FlatBuffer`.
    package let layout: ParameterLayout
    package let buffer: FlatBuffer
    package let windows: Parameters
    package let passages: [Passage]
    /// The copy in bf16 that products are computed with in that precision.
    private let rounded: FlatBuffer?
    /// The weights as products read them best.
    package let packing: WeightPacking?

    /// `cut` is the one declaration of the layout. Who wants weights packed has to bring them up to date before products,
    /// as the copy in bf16.
    package init(
        precision: ProductPrecision = .f32, packsWeights: Bool = false, cut: (inout ParameterWindows) -> Parameters
    ) {
        layout = ParameterLayout { _ = cut(&$0) }
        buffer = FlatBuffer(count: layout.count)
        rounded = precision == .bf16 ? FlatBuffer(count: (layout.count + 1) / 2) : nil
        packing = packsWeights ? WeightPacking(precision) : nil
        var cutter = ParameterWindows(
            base: buffer.base, rounded: rounded?.halves, areSplit: precision == .bf16x3, packing: packing)
        windows = cut(&cutter)
        passages = cutter.passages
    }

    /// The copy in bf16, nil where products are computed in Float.
    package var halves: UnsafeMutablePointer<BFloat16>? { rounded?.halves }

    /// Brings the copy in bf16 up to date.
    package func round(_ range: Range<Int>) {
        guard let rounded else { return }
        KernelKind.rounding.timed(numbers: range.count + range.count / 2) {
            ck_round_to_bfloat16(
                rounded.halves + range.lowerBound, buffer.base + range.lowerBound, range.count)
        }
    }
}
