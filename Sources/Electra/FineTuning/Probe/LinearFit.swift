import ElectraKernels
import ElectraTraining
import Glibc

/// Classes or values as linear functions z = W x + b of vectors, those that make least of
///
///     1/N (sum over examples of their loss + l2/2 |W|^2)
///
/// where the loss is -log softmax(z)[class], which makes it multinomial logistic regression (C. Bishop, 2006, "Pattern
/// Recognition and Machine Learning", section 4.3.4; scikit-learn's with C = 1/l2), or (z - value)^2 / 2, ridge regression
/// (scikit-learn's with alpha = l2). All sums are in Double, in an order that does not depend on the lanes.
final class LinearFit: @unchecked Sendable {
    // Unchecked: lanes write parts of their own; `LanePool.run` orders them and the main thread.
    struct Problem {
        /// Row after row.
        var vectors: [Float]
        var width: Int
        /// Class numbers or values.
        var targets: [Float]
        /// Classes; 1 for values.
        var outputs: Int
        var learnsValues: Bool
        var l2: Double
    }

    /// What is fitted: [outputs, width + 1], the last column the biases.
    struct Weights {
        var values: [Double]
        var width: Int
    }

    private let problem: Problem
    private let pool: LanePool
    /// Numbers of weights, and a sum of losses.
    private let size: Int
    private let sums: UnsafeMutablePointer<Double>

    /// Stretches of examples, each of which has a sum: enough for many lanes, in no more than 128 MiB.
    private let parts: Int
    private static let tolerance = 1e-5
    private static let mostSteps = 5000

    init(_ problem: Problem, pool: LanePool) {
        self.problem = problem
        self.pool = pool
        size = problem.outputs * (problem.width + 1)
        parts = max(1, min(64, (1 << 24) / (size + 1)))
        sums = .allocate(capacity: parts * (size + 1))
    }

    deinit { sums.deallocate() }

    /// And the largest element of the gradient that is left, where that is more than rounding.
    func weights() -> (weights: Weights, unfinished: Double?) {
        let found = QuasiNewton.minimum(
            from: [Double](repeating: 0, count: size), tolerance: Self.tolerance, mostSteps: Self.mostSteps,
            of: objective)
        return (
            Weights(values: found.point, width: problem.width),
            found.gradient > Self.tolerance ? found.gradient : nil
        )
    }

    func objective(at weights: [Double], _ gradient: inout [Double]) -> Double {
        weights.withUnsafeBufferPointer { weights in
            nonisolated(unsafe) let weights = weights.baseAddress!
            pool.run { [self] lane in
                for part in stride(from: lane, to: parts, by: pool.count) { sum(part, weights) }
            }
        }
        let examples = Double(problem.targets.count)
        var loss = 0.0
        for part in 0..<parts { loss += sums[part * (size + 1) + size] }
        for place in 0..<size {
            var sum = 0.0
            for part in 0..<parts { sum += sums[part * (size + 1) + place] }
            let isBias = place % (problem.width + 1) == problem.width
            let penalized = isBias ? 0 : weights[place]
            loss += 0.5 * problem.l2 * penalized * penalized
            gradient[place] = (sum + problem.l2 * penalized) / examples
        }
        return loss / examples
    }

    /// The losses of a part of the examples and their gradient, added up.
    private func sum(_ part: Int, _ weights: UnsafePointer<Double>) {
        let (columns, outputs, count) = (problem.width + 1, problem.outputs, problem.targets.count)
        let gradient = sums + part * (size + 1)
        gradient.update(repeating: 0, count: size + 1)
        let examples = part * count / parts..<(part + 1) * count / parts
        Self.forEachBlock(of: examples, in: problem.vectors, weights, columns: columns, outputs: outputs) {
            block, x, z in
            for row in 0..<block.count {
                let z = UnsafeMutableBufferPointer(start: z + row * outputs, count: outputs)
                gradient[size] += turnIntoGradient(z, problem.targets[block.lowerBound + row])
            }
            DoubleProduct.addTransposed(z, times: x, to: gradient, m: outputs, n: columns, k: block.count)
        }
    }

    /// The loss of one example.
    private func turnIntoGradient(_ z: UnsafeMutableBufferPointer<Double>, _ target: Float) -> Double {
        if problem.learnsValues {
            z[0] -= Double(target)
            return 0.5 * z[0] * z[0]
        }
        let label = Int(target)
        let (top, logit) = (z.max()!, z[label])
        var sum = 0.0
        for output in z.indices {
            z[output] = exp(z[output] - top)
            sum += z[output]
        }
        for output in z.indices { z[output] /= sum }
        z[label] -= 1
        return log(sum) + top - logit
    }

    /// z = W x + b of so many examples at a time: the rows x, a one behind each for the bias, and the rows z.
    fileprivate static func forEachBlock(
        of examples: Range<Int>, in vectors: [Float], _ weights: UnsafePointer<Double>, columns: Int, outputs: Int,
        _ body: (_ block: Range<Int>, _ x: UnsafeMutablePointer<Double>, _ z: UnsafeMutablePointer<Double>) -> Void
    ) {
        let (most, width) = (128, columns - 1)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: most * (columns + outputs)) { memory in
            let x = memory.baseAddress!
            let z = x + most * columns
            for start in stride(from: examples.lowerBound, to: examples.upperBound, by: most) {
                let block = start..<min(start + most, examples.upperBound)
                vectors.withUnsafeBufferPointer { vectors in
                    for row in 0..<block.count {
                        for column in 0..<width {
                            x[row * columns + column] = Double(vectors[(start + row) * width + column])
                        }
                        x[row * columns + width] = 1
                    }
                }
                DoubleProduct.multiply(x, byTransposed: weights, into: z, m: block.count, n: outputs, k: columns)
                body(block, x, z)
            }
        }
    }
}

extension LinearFit.Weights {
    /// W x + b for each row, one after the other.
    func outputs(of vectors: [Float]) -> [Float] {
        let outputs = values.count / (width + 1)
        var all: [Float] = []
        values.withUnsafeBufferPointer { values in
            LinearFit.forEachBlock(
                of: 0..<vectors.count / width, in: vectors, values.baseAddress!, columns: width + 1, outputs: outputs
            ) { block, _, z in
                all += UnsafeBufferPointer(start: z, count: block.count * outputs).map { Float($0) }
            }
        }
        return all
    }
}
