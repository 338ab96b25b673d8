import TestSupport
import Testing

@testable import ElectraKernels

/// y = x W^T + b and its three gradients. Sizes are no multiples of a vector width, down to 1.
struct LinearTests {
    let arena = Arena()

    struct Sizes: CustomTestStringConvertible {
        let rows: Int
        let inputs: Int
        let outputs: Int
        var testDescription: String { "\(rows) rows, \(inputs) -> \(outputs)" }
    }

    static let sizes = [
        Sizes(rows: 1, inputs: 1, outputs: 1), Sizes(rows: 3, inputs: 17, outputs: 1),
        Sizes(rows: 1, inputs: 130, outputs: 3), Sizes(rows: 17, inputs: 31, outputs: 33),
        Sizes(rows: 5, inputs: 33, outputs: 65), Sizes(rows: 2, inputs: 127, outputs: 130),
    ]

    @Test(arguments: sizes)
    func forwardIsTheFormula(_ sizes: Sizes) {
        var random = RandomNumbers(seed: 1)
        let x = random.normals(sizes.rows * sizes.inputs)
        let weight = random.normals(sizes.outputs * sizes.inputs)
        let bias = random.normals(sizes.outputs)
        var y = arena.untouchedTensor(rows: sizes.rows, columns: sizes.outputs)
        Linear.forward(
            into: &y, x: arena.tensor(x, columns: sizes.inputs), rows: sizes.rows,
            weight: arena.tensor(weight, columns: sizes.inputs), bias: arena.tensor(bias, columns: sizes.outputs))
        expectClose(
            y.checkedValues(),
            Reference.linear(doubles(x), weight: doubles(weight), bias: doubles(bias), inputs: sizes.inputs),
            bound: roundingBound(terms: sizes.inputs), "y")
        Linear.forward(
            into: &y, x: arena.tensor(x, columns: sizes.inputs), rows: sizes.rows,
            weight: arena.tensor(weight, columns: sizes.inputs))
        expectClose(
            y.checkedValues(),
            Reference.linear(
                doubles(x), weight: doubles(weight), bias: doubles(bias.map { _ in 0 }), inputs: sizes.inputs),
            bound: roundingBound(terms: sizes.inputs), "y without bias")
    }

    @Test(arguments: sizes)
    func gradientsAreDerivatives(_ sizes: Sizes) {
        var random = RandomNumbers(seed: 2)
        let x = random.normals(sizes.rows * sizes.inputs)
        let weight = random.normals(sizes.outputs * sizes.inputs)
        let bias = random.normals(sizes.outputs)
        let dy = random.normals(sizes.rows * sizes.outputs)
        // What the gradients that are added to hold before.
        let (startX, startWeight) = (random.normals(x.count), random.normals(weight.count))
        let startBias = random.normals(bias.count)

        let x_TI = arena.tensor(x, columns: sizes.inputs)
        let weight_OI = arena.tensor(weight, columns: sizes.inputs)
        let dy_TO = arena.tensor(dy, columns: sizes.outputs)
        var dWeight = arena.tensor(startWeight, columns: sizes.inputs)
        var dBias = arena.tensor(startBias, columns: sizes.outputs)
        Linear.backward(addingWeight: &dWeight, addingBias: &dBias, dy: dy_TO, x: x_TI, rows: sizes.rows)
        var intoX = arena.untouchedTensor(rows: sizes.rows, columns: sizes.inputs)
        Linear.backward(into: &intoX, dy: dy_TO, rows: sizes.rows, weight: weight_OI)
        var addingX = arena.tensor(startX, columns: sizes.inputs)
        Linear.backward(adding: &addingX, dy: dy_TO, rows: sizes.rows, weight: weight_OI)

        let (xs, weights, biases) = (doubles(x), doubles(weight), doubles(bias))
        func loss(x: [Double]? = nil, weight: [Double]? = nil, bias: [Double]? = nil) -> Double {
            weightedSum(
                Reference.linear(x ?? xs, weight: weight ?? weights, bias: bias ?? biases, inputs: sizes.inputs), dy)
        }
        let boundX = roundingBound(terms: sizes.outputs)
        let boundParameters = roundingBound(terms: sizes.rows)
        expectGradient(intoX.checkedValues(), at: x, bound: boundX, "x") { loss(x: $0) }
        expectGradient(addingX.checkedValues(), startingFrom: startX, at: x, bound: boundX, "x, added") { loss(x: $0) }
        expectGradient(
            dWeight.checkedValues(), startingFrom: startWeight, at: weight, bound: boundParameters, "weight"
        ) { loss(weight: $0) }
        expectGradient(dBias.checkedValues(), startingFrom: startBias, at: bias, bound: boundParameters, "bias") {
            loss(bias: $0)
        }
    }

    /// A micro-batch in which nothing is masked gives the generator's head no rows.
    @Test func noRowsChangeNothing() {
        var random = RandomNumbers(seed: 3)
        let start = random.normals(12)
        let weight = arena.tensor(random.normals(12), columns: 3)
        let none = Tensor(base: arena.array(of: Float.self, count: 0), rows: 0, columns: 4)
        var y = Tensor(base: arena.array(of: Float.self, count: 0), rows: 0, columns: 4)
        Linear.forward(into: &y, x: none, rows: 0, weight: weight, bias: none)
        var dWeight = arena.tensor(start, columns: 3)
        var dBias = arena.tensor([1, 2, 3, 4], columns: 4)
        Linear.backward(addingWeight: &dWeight, addingBias: &dBias, dy: none, x: none, rows: 0)
        #expect(dWeight.checkedValues() == start)
        #expect(dBias.checkedValues() == [1, 2, 3, 4])
    }
}
