import CKernels
import Collectives
import ElectraKernels

/// The L2 norm of the whole flat gradient, with the same bits for any number of ranks and lanes: squares are summed in
/// Double over blocks of a fixed size, and the blocks' sums in block order.
final class GradientNorm: @unchecked Sendable {
    // Unchecked: lanes write disjoint blocks.
    let blocks: FlatBlocks
    private let sums: UnsafeMutablePointer<Double>

    init(blocks: FlatBlocks) {
        self.blocks = blocks
        sums = .allocate(capacity: max(blocks.blocks, 1))
        sums.initialize(repeating: 0, count: max(blocks.blocks, 1))
    }

    deinit { sums.deallocate() }

    func sum<Parameters>(_ range: Range<Int>, of gradient: GradientStore<Parameters>) {
        for block in range {
            let elements = blocks.elements(ofBlocks: block..<block + 1)
            if gradient.isZero(elements) { continue }
            sums[block] = KernelKind.gradientNorm.timed(numbers: elements.count) {
                ck_sum_of_squares(gradient.buffer.base + elements.lowerBound, elements.count)
            }
        }
    }

    /// Exchanges the sums (each rank has set its own blocks, and the rest are zero) and adds them up.
    func total(over communicator: Communicator) throws(MPIError) -> Double {
        try communicator.allReduce(UnsafeMutableBufferPointer(start: sums, count: blocks.blocks), .sum)
        var total = 0.0
        for block in 0..<blocks.blocks { total += sums[block] }
        sums.update(repeating: 0, count: blocks.blocks)
        return total.squareRoot()
    }
}
