import Glibc

/// loss = -(y log s + (1 - y) log(1 - s)) with s = sigmoid(z), in the form that never overflows:
///
///     loss = max(z, 0) - z y + log(1 + exp(-|z|))        dz = s - y
package enum BinaryCrossEntropy {
    package static func loss(logit: Float, isPositive: Bool) -> Double {
        let z = Double(logit)
        return max(z, 0) - (isPositive ? z : 0) + log1p(exp(-abs(z)))
    }

    package static func gradient(logit: Float, isPositive: Bool) -> Float {
        Float(1 / (1 + exp(-Double(logit))) - (isPositive ? 1 : 0))
    }
}
