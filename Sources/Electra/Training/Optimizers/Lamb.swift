import CKernels
import Collectives
import ElectraKernels

/// LAMB (Y. You et al., "Large Batch Optimization for Deep Learning", 2020): Adam's direction, as long in each tensor as the tensor is,
/// for batches of thousands of sequences. It corrects the moments always (algorithm 2). What has no weight decay, biases and norms,
/// moves as with Adam, as in the authors' code and NVIDIA's.
package struct LambOptions: OptimizerOptions, Equatable {
    package static let stateNames = AdamOptions.stateNames

    private var adam: AdamOptions

    package init(_ adam: AdamOptions) {
        self.adam = adam
        self.adam.correctsBias = true
    }

    package func makeOptimizer(_ groups: [ParameterGroup], owning owned: OwnedElements) -> any Optimizer {
        Lamb(adam, groups, owning: owned)
    }
}

/// The norms of whole tensors, which lanes and ranks share, come of sums over pieces, a tensor's part of a block, added up in
/// their order. A piece is the same on any number of ranks and lanes.
final class Lamb: Optimizer, @unchecked Sendable {
    // Unchecked: lanes write the sums of disjoint pieces.
    private struct Piece {
        let elements: Range<Int>
        let tensor: Int
        let group: Int
    }

    let passes = 2
    let state: [OptimizerState]
    private let options: AdamOptions
    private let groups: [ParameterGroup]
    private let owned: OwnedElements
    /// In the order of their elements.
    private let pieces: [Piece]
    /// Of each piece: squares of the parameters, then of the direction.
    private let squares: UnsafeMutableBufferPointer<Double>
    /// Of each tensor.
    private var ratios: [Double]

    init(_ options: AdamOptions, _ groups: [ParameterGroup], owning owned: OwnedElements) {
        self.options = options
        self.groups = groups
        self.owned = owned
        state = LambOptions.stateNames.map { OptimizerState(name: $0, buffer: FlatBuffer(count: owned.count)) }
        var pieces: [Piece] = []
        var tensors = 0
        for (number, group) in groups.enumerated() {
            for tensor in group.tensors {
                var start = tensor.lowerBound
                while start < tensor.upperBound {
                    let end = min((start / FlatBlocks.size + 1) * FlatBlocks.size, tensor.upperBound)
                    pieces.append(Piece(elements: start..<end, tensor: tensors, group: number))
                    start = end
                }
                tensors += 1
            }
        }
        self.pieces = pieces
        ratios = [Double](repeating: 1, count: tensors)
        squares = .allocate(capacity: 2 * pieces.count)
        squares.initialize(repeating: 0)
    }

    deinit { squares.deallocate() }

    func update(_ elements: Range<Int>, pass: Int, _ update: ParameterUpdate) {
        let (first, second) = (state[0].buffer.base, state[1].buffer.base)
        var number = firstPiece(from: elements.lowerBound)
        while number < pieces.count, pieces[number].elements.lowerBound < elements.upperBound {
            let piece = pieces[number]
            let (start, count) = (piece.elements.lowerBound, piece.elements.count)
            let place = owned.place(of: start)
            var kernel = options.kernel(update, groups[piece.group])
            if pass == 0 {
                let found = KernelKind.adam.timed(numbers: 6 * count) {
                    ck_lamb_moments(
                        update.parameters.base + start, first + place, second + place, update.gradient + start, count,
                        kernel)
                }
                (squares[2 * number], squares[2 * number + 1]) = (found.parameters, found.directions)
            } else {
                kernel.learning_rate *= Float(ratios[piece.tensor])
                KernelKind.adam.timed(numbers: 4 * count) {
                    ck_lamb_update(update.parameters.base + start, first + place, second + place, count, kernel)
                }
            }
            number += 1
        }
    }

    /// Each rank has set the sums of its own pieces, and the rest are zero.
    func exchange(afterPass pass: Int, over communicator: Communicator) throws(MPIError) {
        try communicator.allReduce(squares, .sum)
        var sums = (parameters: 0.0, directions: 0.0)
        for (number, piece) in pieces.enumerated() {
            sums.parameters += squares[2 * number]
            sums.directions += squares[2 * number + 1]
            let isLast = number + 1 == pieces.count || pieces[number + 1].tensor != piece.tensor
            guard isLast else { continue }
            let isScaled = groups[piece.group].isDecayed && sums.parameters > 0 && sums.directions > 0
            ratios[piece.tensor] = isScaled ? (sums.parameters / sums.directions).squareRoot() : 1
            sums = (0, 0)
        }
        squares.update(repeating: 0)
    }

    private func firstPiece(from element: Int) -> Int {
        var (low, high) = (0, pieces.count)
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].elements.lowerBound < element { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
