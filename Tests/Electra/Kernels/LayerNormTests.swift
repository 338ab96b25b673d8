import TestSupport
import Testing

@testable import ElectraKernels

/// LayerNorm with and without residual and dropout, forward, backward, and in place.
struct LayerNormTests {
    let arena = Arena()

    struct Case: CustomTestStringConvertible {
        let rows: Int
        let columns: Int
        let isMasked: Bool
        var mean: Float = 0.3
        var testDescription: String { "\(rows) x \(columns)\(isMasked ? ", dropout" : ""), mean \(mean)" }
    }

    static let cases =
        [1, 2, 3, 17, 31, 33, 65, 127, 130].flatMap { columns in
            [
                Case(rows: 1, columns: columns, isMasked: false), Case(rows: 3, columns: columns, isMasked: true),
                Case(rows: 2, columns: columns, isMasked: true, mean: 1000),
            ]
        }

    /// Operands of one case, in Float for the kernel.
    private struct Operands {
        let x: [Float]
        let bias: [Float]
        let residual: [Float]
        let keep: [UInt8]
        let scale: [Float]
        let shift: [Float]
        let dy: [Float]
        static let keepScale: Float = 4 / 3

        init(_ sizes: Case) {
            var random = RandomNumbers(seed: 100 * sizes.rows + sizes.columns)
            x = random.normals(sizes.rows * sizes.columns)
            bias = random.normals(sizes.columns)
            residual = random.normals(x.count, mean: sizes.mean)
            keep = sizes.isMasked ? random.keeps(x.count) : []
            scale = random.normals(sizes.columns, mean: 1, deviation: 0.5)
            shift = random.normals(sizes.columns)
            dy = random.normals(x.count)
        }

        var factors: [Double]? { keep.isEmpty ? nil : Reference.factors(keep, scale: Self.keepScale) }

        /// residual + dropout(x + bias)
        private func sum(x: [Double]?, bias: [Double]?, residual: [Double]?) -> [Double] {
            let (x, bias) = (x ?? doubles(self.x), bias ?? doubles(self.bias))
            let biased = x.indices.map { x[$0] + bias[$0 % bias.count] }
            return Reference.sum(Reference.product(biased, factors), residual ?? doubles(self.residual))
        }

        func forward(
            x: [Double]? = nil, bias: [Double]? = nil, residual: [Double]? = nil, scale: [Double]? = nil,
            shift: [Double]? = nil
        ) -> [Double] {
            Reference.layerNorm(
                sum(x: x, bias: bias, residual: residual), scale: scale ?? doubles(self.scale),
                shift: shift ?? doubles(self.shift))
        }

        /// How much larger the largest sum is than the deviation of its row, at worst: every rounding of a sum and
        /// of the mean is magnified by so much.
        var condition: Double {
            let s = sum(x: nil, bias: nil, residual: nil)
            let ones = scale.map { _ in 1.0 }
            let normalized = Reference.layerNorm(s, scale: ones, shift: ones.map { _ in 0 })
            var worst = 1.0
            for start in stride(from: 0, to: s.count, by: scale.count) {
                let row = start..<start + scale.count
                let spread = (s[row].max() ?? 0) - (s[row].min() ?? 0)
                let normalizedSpread = (normalized[row].max() ?? 0) - (normalized[row].min() ?? 0)
                let deviation = spread / max(normalizedSpread, 1e-30)
                worst = max(worst, s[row].map { abs($0) }.max()! / max(deviation, 1e-30))
            }
            return scale.count == 1 ? 1 : worst
        }
    }

    private func mask(_ operands: Operands) -> DropoutMask {
        operands.keep.isEmpty ? .off : DropoutMask(keep: arena.copy(operands.keep), scale: Operands.keepScale)
    }

    private func parameters(_ scale: [Float], _ shift: [Float]) -> LayerNorm.Parameters {
        LayerNorm.Parameters(
            scale: arena.tensor(scale, columns: scale.count), shift: arena.tensor(shift, columns: shift.count))
    }

    private func saved(rows: Int, columns: Int) -> LayerNorm.Saved {
        LayerNorm.Saved(
            normalized: arena.untouchedTensor(rows: rows, columns: columns),
            inverseDeviation: arena.untouchedTensor(rows: rows, columns: 1))
    }

    @Test(arguments: cases)
    func forwardIsTheFormula(_ sizes: Case) {
        let operands = Operands(sizes)
        var y = arena.untouchedTensor(rows: sizes.rows, columns: sizes.columns)
        var saved = saved(rows: sizes.rows, columns: sizes.columns)
        LayerNorm.forward(
            into: &y, saving: &saved, x: arena.tensor(operands.x, columns: sizes.columns),
            bias: arena.tensor(operands.bias, columns: sizes.columns), dropout: mask(operands),
            residual: arena.tensor(operands.residual, columns: sizes.columns), rows: sizes.rows,
            parameters(operands.scale, operands.shift))
        let bound = roundingBound(terms: sizes.columns) * operands.condition
        expectClose(y.checkedValues(), operands.forward(), bound: bound, "y")
        _ = saved.normalized.checkedValues()
        _ = saved.inverseDeviation.checkedValues()
    }

    @Test(arguments: [1, 3, 17, 33, 65, 130])
    func inPlaceIsTheSame(_ columns: Int) {
        var random = RandomNumbers(seed: columns)
        let x = random.normals(3 * columns)
        let zeros = [Float](repeating: 0, count: x.count)
        let (scale, shift) = (random.normals(columns), random.normals(columns))
        var inPlace = arena.tensor(x, columns: columns)
        var saved1 = saved(rows: 3, columns: columns)
        LayerNorm.forward(inPlace: &inPlace, saving: &saved1, rows: 3, parameters(scale, shift))
        var y = arena.untouchedTensor(rows: 3, columns: columns)
        var saved2 = saved(rows: 3, columns: columns)
        LayerNorm.forward(
            into: &y, saving: &saved2, x: arena.tensor(x, columns: columns),
            bias: arena.tensor(zeros, columns: columns),
            dropout: .off, residual: arena.tensor(zeros, columns: columns), rows: 3, parameters(scale, shift))
        #expect(inPlace.checkedValues() == y.checkedValues())
        #expect(saved1.normalized.checkedValues() == saved2.normalized.checkedValues())
        #expect(saved1.inverseDeviation.checkedValues() == saved2.inverseDeviation.checkedValues())
    }

    /// The gradients of residual (ds), of x (dropout(ds)), scale and shift. ds is what cancellation leaves of
    /// dy scale / deviation, so its error is relative to that.
    @Test(arguments: cases)
    func gradientsAreDerivatives(_ sizes: Case) {
        let operands = Operands(sizes)
        let parameters = parameters(operands.scale, operands.shift)
        var y = arena.untouchedTensor(rows: sizes.rows, columns: sizes.columns)
        var saved = saved(rows: sizes.rows, columns: sizes.columns)
        let mask = mask(operands)
        LayerNorm.forward(
            into: &y, saving: &saved, x: arena.tensor(operands.x, columns: sizes.columns),
            bias: arena.tensor(operands.bias, columns: sizes.columns), dropout: mask,
            residual: arena.tensor(operands.residual, columns: sizes.columns), rows: sizes.rows, parameters)

        var random = RandomNumbers(seed: 9)
        let (startScale, startShift) = (random.normals(sizes.columns), random.normals(sizes.columns))
        let startBias = random.normals(sizes.columns)
        var ds = arena.tensor(operands.dy, columns: sizes.columns)
        var added = self.parameters(startScale, startShift)
        var dx = arena.untouchedTensor(rows: sizes.rows, columns: sizes.columns)
        var dBias = arena.tensor(startBias, columns: sizes.columns)
        LayerNorm.backward(
            &ds, into: &dx, addingBias: &dBias, adding: &added, saved: saved, dropout: mask, rows: sizes.rows,
            parameters)
        expectSameInPlace(operands, saved: saved, ds: ds, added: added, startingFrom: (startScale, startShift))

        let inverse = saved.inverseDeviation.checkedValues()
        let terms = operands.dy.indices.map {
            Double(operands.dy[$0] * operands.scale[$0 % sizes.columns] * inverse[$0 / sizes.columns])
        }
        let bound = roundingBound(terms: sizes.columns) * operands.condition
        // Smaller steps than elsewhere: the curvature grows with the fifth power of 1 / deviation.
        let step = 0x1p-13
        let dy = operands.dy
        expectGradient(
            ds.checkedValues(), at: operands.residual, bound: bound, scale: norm(terms), step: step, "residual"
        ) { weightedSum(operands.forward(residual: $0), dy) }
        expectGradient(dx.checkedValues(), at: operands.x, bound: bound, scale: norm(terms), step: step, "x") {
            weightedSum(operands.forward(x: $0), dy)
        }
        expectGradient(
            dBias.checkedValues(), startingFrom: startBias, at: operands.bias,
            bound: bound + roundingBound(terms: sizes.rows), scale: norm(terms), step: step, "bias"
        ) { weightedSum(operands.forward(bias: $0), dy) }
        let parameterBound = (operands.condition + 1) * roundingBound(terms: sizes.rows)
        // One column is normalised to 0, and so is the gradient of its scale.
        expectGradient(
            added.scale.checkedValues(), startingFrom: startScale, at: operands.scale, bound: parameterBound,
            scale: sizes.columns == 1 ? norm(doubles(dy)) : nil, "scale"
        ) { weightedSum(operands.forward(scale: $0), dy) }
        expectGradient(
            added.shift.checkedValues(), startingFrom: startShift, at: operands.shift,
            bound: roundingBound(terms: sizes.rows), "shift"
        ) { weightedSum(operands.forward(shift: $0), dy) }
    }

    /// Without dx, ds and the gradients of scale and shift are the same bits.
    private func expectSameInPlace(
        _ operands: Operands, saved: borrowing LayerNorm.Saved, ds: borrowing Tensor,
        added: borrowing LayerNorm.Parameters, startingFrom start: (scale: [Float], shift: [Float])
    ) {
        let columns = operands.scale.count
        var gradient = arena.tensor(operands.dy, columns: columns)
        var alone = parameters(start.scale, start.shift)
        LayerNorm.backward(
            &gradient, adding: &alone, saved: saved, rows: operands.dy.count / columns,
            parameters(operands.scale, operands.shift))
        #expect(gradient.checkedValues() == ds.checkedValues())
        #expect(alone.scale.checkedValues() == added.scale.checkedValues())
        #expect(alone.shift.checkedValues() == added.shift.checkedValues())
    }
}
