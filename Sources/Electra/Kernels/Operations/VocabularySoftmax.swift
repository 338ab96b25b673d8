import CKernels
import Glibc

/// Softmax over the vocabulary, one row of logits at a time: the loss, its gradient, and a sample, with no second
/// matrix of that size.
///
///     loss = -log softmax(z)[target]        dz = softmax(z) - onehot(target)
package enum VocabularySoftmax {
    package struct Prediction {
        let maximum: Float
        package let token: Int32
    }

    package static func prediction(row: UnsafePointer<Float>, count: Int) -> Prediction {
        let largest = KernelKind.vocabularySoftmax.timed(numbers: count) { ck_maximum(row, count) }
        return Prediction(maximum: largest.maximum, token: largest.argmax)
    }

    /// A draw from softmax(row / temperature), by inversion of the cumulative distribution with one uniform number: the
    /// same distribution as the reference's Gumbel maximum without its V random numbers a position.
    package static func sample(
        row: UnsafePointer<Float>, count: Int, prediction: Prediction, temperature: Float, banned: Int32?,
        uniform: Float
    ) -> Int32 {
        var maximum = prediction.maximum
        if let banned, banned == prediction.token {
            maximum = self.maximum(ofOthers: row, count: count, than: Int(banned))
        }
        return KernelKind.vocabularySoftmax.timed(numbers: count) {
            ck_sample_softmax(row, count, maximum, 1 / temperature, banned ?? -1, uniform)
        }
    }

    /// Weights are relative to the largest that may be drawn: beside a banned one far above them, all could be 0.
    private static func maximum(ofOthers row: UnsafePointer<Float>, count: Int, than banned: Int) -> Float {
        let before = banned > 0 ? prediction(row: row, count: banned).maximum : -.infinity
        let after = count - banned - 1
        return after > 0 ? max(before, prediction(row: row + banned + 1, count: after).maximum) : before
    }

    /// Of a mixture: with probability D = sigmoid(`copyLogit`) the token that is `shown`, else one of the softmax.
    package struct Mixture {
        package let loss: Double
        /// Of the copy logit.
        package let copyGradient: Float
        /// The likeliest one.
        package let token: Int32
    }

    /// The row of logits turns into `gradientScale` x its gradient.
    package static func mixtureCrossEntropy(
        row: UnsafeMutablePointer<Float>, count: Int, prediction: Prediction, target: Int32, shown: Int32,
        copyLogit: Float, gradientScale: Float
    ) -> Mixture {
        let copied = 1 / (1 + exp(-Double(copyLogit)))
        // log (1 - D), also where that is next to nothing.
        let logNotCopied = -BinaryCrossEntropy.loss(logit: copyLogit, isPositive: false)
        let shownLogit = Double(row[Int(shown)])
        let found = KernelKind.vocabularySoftmax.timed(numbers: 2 * count) {
            ck_mixture_cross_entropy(
                row, count, prediction.maximum, target, logNotCopied, shown == target ? copied : 0, gradientScale)
        }
        // Of the two that come into question.
        func ofSoftmax(_ logit: Double) -> Double { exp(logNotCopied + logit - found.log_sum) }
        let showsLikeliest = copied + ofSoftmax(shownLogit) >= ofSoftmax(Double(prediction.maximum))
        return Mixture(
            loss: found.loss, copyGradient: Float(copied - (1 - found.share)),
            token: showsLikeliest ? shown : prediction.token)
    }

    /// Returns the loss; the row of logits turns into `gradientScale` x its gradient.
    package static func crossEntropy(
        row: UnsafeMutablePointer<Float>, count: Int, prediction: Prediction, target: Int32, gradientScale: Float
    ) -> Double {
        KernelKind.vocabularySoftmax.timed(numbers: 2 * count) {
            ck_cross_entropy(row, count, prediction.maximum, target, gradientScale)
        }
    }
}
