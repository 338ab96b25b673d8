import CKernels

/// Softmax over the vocabulary, one row of logits at a time: the loss, its gradient, and a sample, with no second
/// matrix of that size.
///
///     loss = -log softmax(z)[target]        dz = softmax(z) - onehot(target)
enum VocabularySoftmax {
    struct Prediction {
        let maximum: Float
        let token: Int32
    }

    static func prediction(row: UnsafePointer<Float>, count: Int) -> Prediction {
        let largest = KernelKind.vocabularySoftmax.timed(numbers: count) { ck_maximum(row, count) }
        return Prediction(maximum: largest.maximum, token: largest.argmax)
    }

    /// A draw from softmax(row / temperature), by inversion of the cumulative distribution with one uniform number: the
    /// same distribution as the reference's Gumbel maximum without its V random numbers a position.
    static func sample(
        row: UnsafePointer<Float>, count: Int, prediction: Prediction, temperature: Float, banned: Int32?,
        uniform: Float
    ) -> Int32 {
        KernelKind.vocabularySoftmax.timed(numbers: count) {
            ck_sample_softmax(row, count, prediction.maximum, 1 / temperature, banned ?? -1, uniform)
        }
    }

    /// Returns the loss; the row of logits turns into `gradientScale` x its gradient.
    static func crossEntropy(
        row: UnsafeMutablePointer<Float>, count: Int, prediction: Prediction, target: Int32, gradientScale: Float
    ) -> Double {
        KernelKind.vocabularySoftmax.timed(numbers: 2 * count) {
            ck_cross_entropy(row, count, prediction.maximum, target, gradientScale)
        }
    }
}
