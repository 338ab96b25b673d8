package import Collectives
package import ElectraKernels
import ElectraModel

/// Turns gradients into new parameters, over the elements that this rank owns; it keeps state for these only (S. Rajbhandari
/// et al., "ZeRO", 2020, stage 1).
package protocol Optimizer: AnyObject, Sendable {
    /// What checkpoints keep.
    var state: [OptimizerState] { get }
    /// How many times an update goes over the parameters. Between two of them sums may go round.
    var passes: Int { get }

    /// Works on `elements`, within one of the owned ranges: whole blocks, or what of them is trained. Lanes call it at the same time, with
    /// elements of their own.
    func update(_ elements: Range<Int>, pass: Int, _ update: ParameterUpdate)
    /// After each pass but the last, on all ranks together: sums over tensors that ranks share, added up in an order that
    /// does not depend on who owns what.
    func exchange(afterPass pass: Int, over communicator: Communicator) throws(MPIError)
}

extension Optimizer {
    package var passes: Int { 1 }
    package func exchange(afterPass pass: Int, over communicator: Communicator) throws(MPIError) {}
}

/// The choices of an optimiser, which make it.
package protocol OptimizerOptions: Sendable {
    /// Of its state, in the order of `Optimizer.state`.
    static var stateNames: [String] { get }
    func makeOptimizer(_ groups: [ParameterGroup], owning owned: OwnedElements) -> any Optimizer
}

/// All that there are, for whom comes upon the files of any.
let allOptimizers: [any OptimizerOptions.Type] = [AdamOptions.self, LambOptions.self]

/// What an optimiser remembers of each element that it owns: a file of a checkpoint.
package struct OptimizerState {
    /// "adam_m", as the file is called.
    let name: String
    /// Laid out as `OwnedElements` says.
    let buffer: FlatBuffer
}

/// One update of all parameters.
package struct ParameterUpdate {
    /// The whole flat parameters, and their gradient, which is complete where this rank owns the elements.
    package let parameters: FlatBuffer
    package let gradient: UnsafePointer<Float>
    /// From 0.
    package let step: Int
    package let learningRate: Double
    /// What the gradient is multiplied by: below 1 where it is clipped.
    package let gradientScale: Float

    package init(
        parameters: FlatBuffer, gradient: UnsafePointer<Float>, step: Int, learningRate: Double, gradientScale: Float
    ) {
        self.parameters = parameters
        self.gradient = gradient
        self.step = step
        self.learningRate = learningRate
        self.gradientScale = gradientScale
    }
}

/// Neighbouring parameters that are updated alike.
package struct ParameterGroup: Sendable, Equatable {
    var range: Range<Int> { tensors[0].lowerBound..<tensors[tensors.count - 1].upperBound }
    fileprivate(set) var tensors: [Range<Int>]
    let isDecayed: Bool
    /// What the learning rate is multiplied by, as where it falls from layer to layer.
    let rateScale: Double
}

extension ParameterLayout {
    /// All parameters, in their order.
    package func groups(rateScale: (_ name: String) -> Double = { _ in 1 }) -> [ParameterGroup] {
        var groups: [ParameterGroup] = []
        for specification in specifications {
            let group = ParameterGroup(
                tensors: [specification.range], isDecayed: specification.isDecayed,
                rateScale: rateScale(specification.name))
            if let last = groups.last, last.isDecayed == group.isDecayed, last.rateScale == group.rateScale {
                groups[groups.count - 1].tensors += group.tensors
            } else {
                groups.append(group)
            }
        }
        return groups
    }
}

extension ParameterLayout {
    /// Where those are that are wanted, as few ranges as can be.
    func ranges(where isWanted: (_ name: String) -> Bool) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for specification in specifications where isWanted(specification.name) {
            if let last = ranges.last, last.upperBound == specification.range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<specification.range.upperBound
            } else {
                ranges.append(specification.range)
            }
        }
        return ranges
    }
}

extension [ParameterGroup] {
    /// Calls `body` for the part of each group that lies in `elements`.
    func forEach(in elements: Range<Int>, _ body: (_ group: ParameterGroup, _ part: Range<Int>) -> Void) {
        for group in self where group.range.overlaps(elements) { body(group, group.range.clamped(to: elements)) }
    }
}
