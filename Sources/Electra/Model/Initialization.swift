package import ElectraKernels

/// First values of the parameters: a pure function of the seed, the parameter's name and the element's number.
package enum Initialization {
    /// Elements `part` of the flat parameters: ranks and lanes share the work.
    package static func fill(_ parameters: FlatBuffer, layout: ParameterLayout, seed: UInt64, part: Range<Int>) {
        for specification in layout.specifications where specification.range.overlaps(part) {
            let wanted = specification.range.clamped(to: part)
            let elements = wanted.lowerBound - specification.offset..<wanted.upperBound - specification.offset
            fill(elements, of: parameters.base + specification.offset, specification, seed: seed)
        }
    }

    private static func fill(
        _ elements: Range<Int>, of values: UnsafeMutablePointer<Float>, _ specification: ParameterSpecification,
        seed: UInt64
    ) {
        let site = stableHash(specification.name)
        switch specification.initializer {
        case .zeros:
            for i in elements { values[i] = 0 }
        case .ones:
            for i in elements { values[i] = 1 }
        case .glorotUniform:
            let bound = (6 / Float(specification.shape[0] + specification.shape[1])).squareRoot()
            RandomFill.uniform(into: values, elements, bound: bound, seed: seed, .initialWeights, sequence: site)
        case .truncatedNormal(let deviation):
            RandomFill.truncatedNormal(
                into: values, elements, deviation: deviation, seed: seed, .initialWeights, sequence: site)
        }
    }

    /// FNV-1a: a parameter starts with the same values whatever stands before it in the layout.
    private static func stableHash(_ name: String) -> Int {
        Int(name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 })
    }
}
