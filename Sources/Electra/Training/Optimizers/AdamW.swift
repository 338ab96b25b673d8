package import CKernels
import ElectraKernels
import Glibc

/// The reference's Adam (docs/algorithm.md 8).
package struct AdamOptions: OptimizerOptions, Equatable {
    package static let stateNames = ["adam_m", "adam_v"]

    package var beta1 = 0.9
    package var beta2 = 0.999
    /// Outside the square root.
    package var epsilon: Float = 1e-6
    package var weightDecay: Float = 0.01
    /// The reference has none.
    package var correctsBias = false

    package static let fields: [ConfigurationField<Self>] = [
        .init("weight_decay", \.weightDecay, .notNegative, "decoupled; not on biases and norms"),
        .init("adam_beta1", \.beta1, decay, "decay of the first moment"),
        .init("adam_beta2", \.beta2, decay, "decay of the second moment"),
        .init("adam_epsilon", \.epsilon, .positive, "added outside the square root"),
        .init("bias_correction", \.correctsBias, "correct the moments for their start at zero (the reference: no)"),
    ]

    private static let decay = Limits<Double>("0 to below 1") { $0 >= 0 && $0 < 1 }

    package init() {}

    package func makeOptimizer(_ groups: [ParameterGroup], owning owned: OwnedElements) -> any Optimizer {
        AdamW(self, groups, owning: owned)
    }

    /// What an update multiplies and adds.
    package func kernel(_ update: ParameterUpdate, _ group: ParameterGroup) -> ck_adam {
        let updates = Double(update.step + 1)
        return ck_adam(
            learning_rate: Float(update.learningRate * group.rateScale), beta1: Float(beta1), beta2: Float(beta2),
            gradient_share1: Float(1 - beta1), gradient_share2: Float(1 - beta2), epsilon: epsilon,
            weight_decay: group.isDecayed ? weightDecay : 0,
            correction1: correctsBias ? Float(1 / (1 - pow(beta1, updates))) : 1,
            correction2: correctsBias ? Float(1 / (1 - pow(beta2, updates))) : 1,
            gradient_scale: update.gradientScale)
    }
}

/// Adam with decoupled weight decay, over the owned part of the flat parameters.
package final class AdamW: Optimizer {
    package let options: AdamOptions
    package let state: [OptimizerState]
    private let groups: [ParameterGroup]
    private let owned: OwnedElements

    package init(_ options: AdamOptions, _ groups: [ParameterGroup], owning owned: OwnedElements) {
        self.options = options
        self.groups = groups
        self.owned = owned
        state = AdamOptions.stateNames.map { OptimizerState(name: $0, buffer: FlatBuffer(count: owned.count)) }
    }

    package func update(_ elements: Range<Int>, pass: Int, _ update: ParameterUpdate) {
        let (first, second) = (state[0].buffer.base, state[1].buffer.base)
        groups.forEach(in: elements) { group, part in
            let place = owned.place(of: part.lowerBound)
            let kernel = options.kernel(update, group)
            KernelKind.adam.timed(numbers: 7 * part.count) {
                ck_adam_update(
                    update.parameters.base + part.lowerBound, first + place, second + place,
                    update.gradient + part.lowerBound, part.count, kernel)
            }
        }
    }
}
