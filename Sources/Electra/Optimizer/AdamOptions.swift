import CKernels
import Glibc

/// The reference's Adam (docs/algorithm.md 8).
struct AdamOptions: Sendable, Equatable {
    var beta1 = 0.9
    var beta2 = 0.999
    /// Outside the square root.
    var epsilon: Float = 1e-6
    var weightDecay: Float = 0.01
    /// The reference has none.
    var correctsBias = false
    /// The joint gradient of both networks is scaled down to this norm where it is longer; 0 for no clipping.
    var clippingNorm: Float = 1

    /// What the update of step `step` (from 0) multiplies and adds.
    func kernel(step: Int, learningRate: Double, gradientNorm: Double, isDecayed: Bool) -> ck_adam {
        let clips = clippingNorm > 0 && gradientNorm > Double(clippingNorm)
        return ck_adam(
            learning_rate: Float(learningRate), beta1: Float(beta1), beta2: Float(beta2),
            gradient_share1: Float(1 - beta1), gradient_share2: Float(1 - beta2), epsilon: epsilon,
            weight_decay: isDecayed ? weightDecay : 0,
            correction1: correctsBias ? Float(1 / (1 - pow(beta1, Double(step + 1)))) : 1,
            correction2: correctsBias ? Float(1 / (1 - pow(beta2, Double(step + 1)))) : 1,
            gradient_scale: clips ? Float(Double(clippingNorm) / gradientNorm) : 1)
    }
}
