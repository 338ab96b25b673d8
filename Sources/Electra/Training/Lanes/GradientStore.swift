import CKernels
package import ElectraKernels
package import ElectraModel

/// The gradient of one slice, or the sum of some, with the layout of the parameters.
///
/// The gradients of weights are nearly all of it, and only products add to them. The first product of a slice writes
/// instead, so their memory need not be zeroed before, nor read then.
package final class GradientStore<Parameters: AnyObject>: @unchecked Sendable {
    // Unchecked for the reason given at `FlatBuffer`.
    package let buffer: FlatBuffer
    package let windows: Parameters
    private let weights: [UnwrittenWeight]
    private let zeroed: [Range<Int>]

    package init(layout: ParameterLayout, cut: (inout ParameterWindows) -> Parameters) {
        buffer = FlatBuffer(count: layout.count)
        var cutter = ParameterWindows(gradientsIn: buffer.base)
        windows = cut(&cutter)
        weights = cutter.unwritten
        let starts = [0] + weights.map(\.range.upperBound)
        let ends = weights.map(\.range.lowerBound) + [layout.count]
        zeroed = zip(starts, ends).map { $0..<$1 }
    }

    /// Before a slice: weights count for nothing, all else is 0.
    package func beginSlice() {
        #if DEBUG
            // What adds to a weight's gradient and is no product would show.
            buffer.base.update(repeating: .nan, count: buffer.count)
        #endif
        KernelKind.gradientSums.timed(numbers: zeroed.reduce(0) { $0 + $1.count }) {
            for range in zeroed { ck_fill(buffer.base + range.lowerBound, range.count, 0) }
        }
        for weight in weights { weight.isUnwritten.pointee = true }
    }

    /// After it: the gradient of a weight that had no part in it is 0.
    package func endSlice() {
        for weight in weights where weight.isUnwritten.pointee {
            ck_fill(buffer.base + weight.range.lowerBound, weight.range.count, 0)
            weight.isUnwritten.pointee = false
        }
    }

    deinit { for weight in weights { weight.isUnwritten.deallocate() } }
}
