import Glibc

/// Many random numbers at once: beside the stream that they are looked up in, whose functions are small and would be called for
/// each number from another room.
package enum RandomFill {
    /// Elements of a stream, each between -bound and bound.
    package static func uniform(
        into values: UnsafeMutablePointer<Float>, _ elements: Range<Int>, bound: Float, seed: UInt64,
        _ purpose: RandomStream.Purpose, sequence: Int
    ) {
        let stream = RandomStream(seed: seed, purpose, sequence: sequence)
        for i in elements { values[i] = (2 * stream.uniform(i) - 1) * bound }
    }

    /// Normal numbers, none further away than two deviations.
    package static func truncatedNormal(
        into values: UnsafeMutablePointer<Float>, _ elements: Range<Int>, deviation: Float, seed: UInt64,
        _ purpose: RandomStream.Purpose, sequence: Int
    ) {
        for i in elements {
            values[i] = deviation * truncatedNormal(i, seed: seed, purpose, sequence: sequence)
        }
    }

    /// A standard normal number (Box-Muller), drawn again until it lies within two deviations.
    private static func truncatedNormal(
        _ element: Int, seed: UInt64, _ purpose: RandomStream.Purpose, sequence: Int
    ) -> Float {
        var attempt = 0
        while true {
            let stream = RandomStream(seed: seed, purpose, step: attempt, sequence: sequence)
            let radius = sqrt(-2 * log(Double(stream.uniform(2 * element))))
            let normal = radius * cos(2 * .pi * Double(stream.uniform(2 * element + 1)))
            if abs(normal) <= 2 { return Float(normal) }
            attempt += 1
        }
    }
}
