package import ElectraKernels
package import ElectraModel
package import Testing

// Whole passes are computed in Float, too coarse to move single parameters. So each parameter tensor is moved as a
// whole along a direction, and the change of the loss is compared with the gradient's component along it.

extension FlatBuffer {
    /// Large random values everywhere, also in biases and norms, so that nothing hides an error.
    package func fillForTests(_ specifications: [ParameterSpecification], seed: Int) {
        var random = RandomNumbers(seed: seed)
        for specification in specifications {
            let isScale = specification.name.hasSuffix("LayerNorm.weight")
            // A matrix of n inputs keeps the deviation of what it multiplies.
            let inputs = specification.shape.count == 2 ? specification.shape[1] : 4
            let values = random.normals(
                specification.count, mean: isScale ? 1 : 0, deviation: isScale ? 0.3 : 1 / Float(inputs).squareRoot())
            (base + specification.offset).update(from: values, count: values.count)
        }
    }
}

package struct DirectionalDerivative {
    package let specifications: [ParameterSpecification]
    package let parameters: FlatBuffer
    package let gradient: FlatBuffer
    /// The loss at the present parameters, summed in Double.
    package let loss: () -> Double

    package init(
        specifications: [ParameterSpecification], parameters: FlatBuffer, gradient: FlatBuffer,
        loss: @escaping () -> Double
    ) {
        self.specifications = specifications
        self.parameters = parameters
        self.gradient = gradient
        self.loss = loss
    }

    /// A step of 1/64 along a direction of length 1. The losses, a few units large, are good to about 1e-6, as Float
    /// activations enter them, so the derivative is good to 1e-6 x 64 x 1.5 = 1e-4. The stencil's own error, of the
    /// order of step^4 = 6e-8 times a fifth derivative, grows with the gradient. Over a dozen seeds for parameters and
    /// masks, no difference exceeded half of what is allowed.
    package static let step: Float = 0x1p-6
    package static let relativeTolerance = 5e-4
    package static let absoluteTolerance = 2e-4

    /// Moves every tensor along a random direction and along its gradient.
    package func expectGradientOfAllParameters(_ location: SourceLocation = #_sourceLocation) {
        var random = RandomNumbers(seed: 77)
        var meaningful = 0
        for specification in specifications {
            let range = specification.range
            let found = range.map { Double(gradient.base[$0]) }
            let size = norm(found)
            let directions = [unit(doubles(random.normals(range.count))), unit(found)]
            for direction in directions {
                let expected = derivative(along: direction, at: specification.offset)
                let component = zip(found, direction).reduce(0) { $0 + $1.0 * $1.1 }
                let allowed = Self.relativeTolerance * size + Self.absoluteTolerance
                #expect(
                    abs(component - expected) <= allowed,
                    "\(specification.name): \(component), by differences \(expected), norm \(size)",
                    sourceLocation: location)
            }
            if size > 10 * Self.absoluteTolerance { meaningful += 1 }
        }
        // Key biases shift all scores of a row alike and have no gradient; all else must show one.
        let keyBiases = specifications.count { $0.name.hasSuffix("key.bias") }
        #expect(meaningful >= specifications.count - keyBiases, sourceLocation: location)
    }

    private func unit(_ values: [Double]) -> [Double] {
        let length = max(norm(values), 1e-30)
        return values.map { $0 / length }
    }

    /// By the same four points as `derivative(of:at:by:)`.
    private func derivative(along direction: [Double], at offset: Int) -> Double {
        let start = direction.indices.map { parameters.base[offset + $0] }
        func value(_ distance: Float) -> Double {
            for i in direction.indices { parameters.base[offset + i] = start[i] + distance * Float(direction[i]) }
            return loss()
        }
        let h = Self.step
        let result = (8 * (value(h / 2) - value(-h / 2)) - (value(h) - value(-h))) / (6 * Double(h))
        (parameters.base + offset).update(from: start, count: start.count)
        return result
    }
}
