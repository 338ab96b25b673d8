package import ElectraKernels
package import Testing

// What the tests of the kernels share: random operands, guarded memory, and the three comparisons: of a result with
// a reference in Double, of a gradient with a numerical derivative of that reference, of memory with its guard.

/// To the nearest number of bf16, by the standard library's own rounding.
package func bfloat16(_ number: Float) -> Float {
    guard number != 0 else { return 0 }
    let unit = Double(number.binade) * 0x1p-7
    return Float((Double(number) / unit).rounded(.toNearestOrEven) * unit)
}

/// Random operands, drawn one after the other (in tests an order is welcome), the same in every run.
package struct RandomNumbers {
    private let stream: RandomStream
    private var drawn = 0

    package init(seed: Int) {
        stream = RandomStream(seed: UInt64(seed), .packing)
    }

    package mutating func uniform() -> Float {
        drawn += 1
        return stream.uniform(drawn)
    }

    package mutating func integer(below bound: Int) -> Int {
        drawn += 1
        return stream.integer(drawn, below: bound)
    }

    /// Nearly normal: the sum of twelve uniform numbers has variance 1.
    package mutating func normal() -> Float {
        (0..<12).reduce(into: -6) { sum, _ in sum += uniform() }
    }

    package mutating func normals(_ count: Int, mean: Float = 0, deviation: Float = 1) -> [Float] {
        (0..<count).map { _ in mean + deviation * normal() }
    }

    package mutating func integers(_ count: Int, below bound: Int) -> [Int32] {
        (0..<count).map { _ in Int32(integer(below: bound)) }
    }

    /// A dropout mask that keeps about three of four.
    package mutating func keeps(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in uniform() < 0.75 ? 1 : 0 }
    }

    /// Some of the places 0..<count, the first and the last among them; all where there are few.
    package mutating func places(of count: Int, atMost limit: Int = 40) -> [Int] {
        count <= limit ? Array(0..<count) : [0, count - 1] + (2..<limit).map { _ in integer(below: count) }
    }
}

/// Memory as it is before a kernel wrote to it: a NaN that no arithmetic makes. A kernel that reads what it should
/// overwrite passes it on, and one that writes too far overwrites it.
package let untouched = Float(bitPattern: 0x7FC0_BEEF)

extension Arena {
    /// A matrix with one row more behind its end, which no kernel may touch.
    package func tensor(_ values: [Float], columns: Int) -> Tensor {
        let rows = values.count / columns
        let memory = array(of: Float.self, count: values.count + columns)
        memory.update(from: values, count: values.count)
        (memory + values.count).update(repeating: untouched, count: columns)
        return Tensor(base: memory, rows: rows, columns: columns)
    }

    package func untouchedTensor(rows: Int, columns: Int) -> Tensor {
        tensor([Float](repeating: untouched, count: rows * columns), columns: columns)
    }

    package func copy<Element: BitwiseCopyable>(_ values: [Element]) -> UnsafeMutablePointer<Element> {
        let memory = array(of: Element.self, count: values.count)
        memory.update(from: values, count: values.count)
        return memory
    }
}

extension Tensor {
    /// All values; fails the test where what lies behind them was touched.
    package func checkedValues(_ location: SourceLocation = #_sourceLocation) -> [Float] {
        let isIntact = (count..<count + columns).allSatisfy { base[$0].bitPattern == untouched.bitPattern }
        #expect(isIntact, "written beyond the end", sourceLocation: location)
        return Array(UnsafeBufferPointer(start: base, count: count))
    }
}

/// Half a unit in the last place of 1: the largest relative error of one rounding to Float.
package let rounding = 0x1p-24

/// What a sum of `terms` products, each rounded, may be off by, relative to the norm of the result: independent
/// roundings grow like the root of their number; the constants leave room for what precedes and follows the sum.
package func roundingBound(terms: Int) -> Double {
    (4 + 2 * Double(terms).squareRoot()) * rounding
}

package func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }

package func doubles(_ values: [Float]) -> [Double] { values.map { Double($0) } }

/// The sum of all products: turns a matrix into the number whose derivative a backward pass computes, given the
/// gradient `weights` from above.
package func weightedSum(_ values: [Double], _ weights: [Float]) -> Double {
    precondition(values.count == weights.count)
    var sum = 0.0
    for i in values.indices { sum += values[i] * Double(weights[i]) }
    return sum
}

/// Expects |found - expected| <= bound x |expected| in the Euclidean norm; or x `scale`, where cancellation leaves
/// a result smaller than the terms that it was made of.
package func expectClose(
    _ found: [Float], _ expected: [Double], bound: Double, scale: Double? = nil, _ what: String,
    _ location: SourceLocation = #_sourceLocation
) {
    #expect(found.count == expected.count, "\(what)", sourceLocation: location)
    let error = norm(zip(found, expected).map { Double($0) - $1 })
    let allowed = bound * max(norm(expected), scale ?? 0)
    // Written so that a NaN fails.
    #expect(
        error <= allowed, "\(what): error \(error), allowed \(allowed), of \(norm(expected))", sourceLocation: location)
}

/// The derivative of `function` by one of its inputs, from four values of it (error of fourth order in `step`).
package func derivative(
    of function: ([Double]) -> Double, at point: [Double], by place: Int, step: Double = 0x1p-10
) -> Double {
    var moved = point
    func value(_ distance: Double) -> Double {
        moved[place] = point[place] + distance
        return function(moved)
    }
    return (8 * (value(step / 2) - value(-step / 2)) - (value(step) - value(-step))) / (6 * step)
}

/// Compares a gradient with the numerical derivative of `function`, at some of its places. `start` is what stood in
/// the gradient before, if the backward pass adds.
package func expectGradient(
    _ found: [Float], startingFrom start: [Float]? = nil, at point: [Float], bound: Double, scale: Double? = nil,
    step: Double = 0x1p-10, _ what: String, _ location: SourceLocation = #_sourceLocation,
    _ function: ([Double]) -> Double
) {
    #expect(found.count == point.count, "\(what)", sourceLocation: location)
    var random = RandomNumbers(seed: point.count)
    let places = random.places(of: point.count)
    let expected = places.map { derivative(of: function, at: doubles(point), by: $0, step: step) }
    let before = places.map { place in Double(start?[place] ?? 0) }
    let differences = places.indices.map { Double(found[places[$0]]) - before[$0] - expected[$0] }
    let share = (Double(places.count) / Double(point.count)).squareRoot()
    let allowed = bound * max(norm(expected), (scale ?? 0) * share)
    #expect(
        norm(differences) <= allowed,
        "gradient of \(what): error \(norm(differences)), allowed \(allowed), of \(norm(expected))",
        sourceLocation: location)
}
