import CKernels

/// AdamW over the part of the flat parameters that this rank owns; it holds the moments of that part only (S.
/// Rajbhandari et al., "ZeRO", 2020, stage 1).
final class ShardedAdam: @unchecked Sendable {
    // Unchecked: lanes update disjoint blocks.
    let options: AdamOptions
    /// The flat elements that this rank updates.
    let shard: Range<Int>
    /// The moments of element `shard.lowerBound + i` stand at i.
    let firstMoment: FlatBuffer
    let secondMoment: FlatBuffer
    private let decayRuns: [(range: Range<Int>, isDecayed: Bool)]

    init(_ options: AdamOptions, layout: ParameterLayout, shard: Range<Int>) {
        self.options = options
        self.shard = shard
        firstMoment = FlatBuffer(count: shard.count)
        secondMoment = FlatBuffer(count: shard.count)
        var runs: [(range: Range<Int>, isDecayed: Bool)] = []
        for specification in layout.specifications {
            if let last = runs.last, last.isDecayed == specification.isDecayed {
                runs[runs.count - 1].range = last.range.lowerBound..<specification.range.upperBound
            } else {
                runs.append((specification.range, specification.isDecayed))
            }
        }
        decayRuns = runs
    }

    /// Updates `elements`, a part of the shard. `gradient` and `parameters` are whole flat buffers.
    func update(
        _ elements: Range<Int>, parameters: FlatBuffer, gradient: UnsafePointer<Float>, step: Int,
        learningRate: Double, gradientNorm: Double
    ) {
        for run in decayRuns where run.range.overlaps(elements) {
            let part = run.range.clamped(to: elements)
            let place = part.lowerBound - shard.lowerBound
            let kernel = options.kernel(
                step: step, learningRate: learningRate, gradientNorm: gradientNorm, isDecayed: run.isDecayed)
            KernelKind.adam.timed(numbers: 7 * part.count) {
                ck_adam_update(
                    parameters.base + part.lowerBound, firstMoment.base + place, secondMoment.base + place,
                    gradient + part.lowerBound, part.count, kernel)
            }
        }
    }
}
