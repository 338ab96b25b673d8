import CKernels

/// The gradients of weights, each of which a product writes the first time in a slice, and adds to from then on: their
/// memory, nearly all that gradients take, need not be zeroed before, nor read then.
final class UnwrittenGradients {
    private let buffer: FlatBuffer
    private var weights: [(range: Range<Int>, isUnwritten: UnsafeMutablePointer<Bool>)] = []

    init(_ buffer: FlatBuffer) { self.buffer = buffer }

    deinit { for weight in weights { weight.isUnwritten.deallocate() } }

    /// The flag of a weight that no kernel but products adds to. Weights come in the order in which they lie.
    func add(_ range: Range<Int>) -> UnsafeMutablePointer<Bool> {
        let flag = UnsafeMutablePointer<Bool>.allocate(capacity: 1)
        flag.initialize(to: false)
        weights.append((range, flag))
        return flag
    }

    /// Before a slice: all that is no weight is 0, and no weight is written.
    func begin() {
        var start = 0
        for weight in weights {
            zero(start..<weight.range.lowerBound)
            weight.isUnwritten.pointee = true
            start = weight.range.upperBound
        }
        zero(start..<buffer.count)
    }

    /// After it: the gradient of a weight that had no part in it is 0.
    func end() {
        for weight in weights where weight.isUnwritten.pointee {
            zero(weight.range)
            weight.isUnwritten.pointee = false
        }
    }

    private func zero(_ range: Range<Int>) {
        if range.isEmpty { return }
        KernelKind.gradientSums.timed(numbers: range.count) {
            ck_fill(buffer.base + range.lowerBound, range.count, 0)
        }
    }
}
