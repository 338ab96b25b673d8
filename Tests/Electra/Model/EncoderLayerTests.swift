import TestSupport
import Testing

@testable import ElectraKernels
@testable import ElectraModel

/// One transformer layer with all its dropouts on: gradients of its parameters and its input by differences.
struct EncoderLayerTests {
    let arena = Arena()
    static let sizes = EncoderSizes(embedding: 15, hidden: 15, layers: 1, heads: 3, feedForward: 21)

    /// The layer in a flat buffer, as the model would lay it out.
    private func windows(over buffer: FlatBuffer?) -> (EncoderLayer.Parameters, [ParameterSpecification]) {
        let nowhere = UnsafeMutablePointer<Float>(bitPattern: 64)!
        var windows = ParameterWindows(base: buffer?.base ?? nowhere)
        let parameters = EncoderLayer.Parameters(
            &windows, prefix: "layer", of: Tower("network", Self.sizes, EmbeddingRows(vocabulary: 2, positions: 2)))
        return (parameters, windows.specifications)
    }

    /// Those of the first sequence are below 9.
    private func rowsRead(_ rows: [Int32]) -> SequenceRows {
        let starts = [0, Int32(rows.count { $0 < 9 }), Int32(rows.count)]
        return SequenceRows(rows: arena.copy(rows), starts: arena.copy(starts), count: rows.count)
    }

    /// All 14 rows are read, or some, of which one sequence may have none.
    @Test(arguments: [Float(0), 0.3], [nil, [0, 9], [0, 2, 3, 8, 11, 13], [4, 5]] as [[Int32]?])
    func gradientsAreDerivatives(dropoutRate: Float, readRows: [Int32]?) {
        let sizes = Self.sizes
        let read = readRows.map(rowsRead)
        let batch = SequenceBatch(maximumSequences: 2, maximumLength: 9, arena: arena)
        for (key, length) in [(3, 9), (8, 5)] { batch.append(key: key) { _ in (length, length) } }
        let tokens = batch.tokenCount
        let dropout = DropoutSource(
            network: 1, hiddenRate: dropoutRate, attentionRate: dropoutRate, seed: 6, step: 2)
        let layer = EncoderLayer(number: 1, heads: sizes.heads)

        // The parameters, and behind them the input: its gradient is checked like theirs.
        var specifications = windows(over: nil).1
        let parameterCount = specifications.last?.range.upperBound ?? 0
        specifications.append(
            ParameterSpecification(
                name: "input", shape: [tokens, sizes.hidden], offset: parameterCount, initializer: .zeros))
        let values = FlatBuffer(count: parameterCount + tokens * sizes.hidden)
        values.fillForTests(specifications, seed: 1)
        let parameters = windows(over: values).0
        let input_TH = Tensor(base: values.base + parameterCount, rows: tokens, columns: sizes.hidden)

        var random = RandomNumbers(seed: 2)
        let upstream = random.normals((read?.count ?? tokens) * sizes.hidden, deviation: 0.3)
        let activations = EncoderLayer.Activations(
            sizes, tokens: tokens, maximumLength: 9,
            activated_TF: arena.factor(rows: tokens, columns: sizes.feedForward), arena: arena)
        let scratch = EncoderLayer.Scratch(sizes, tokens: tokens, maximumLength: 9, arena: arena)
        func loss() -> Double {
            layer.forward(
                parameters, activations, scratch, input_TH: input_TH, batch: batch, read: read, dropout: dropout)
            let output = UnsafeBufferPointer(start: activations.output_TH.base, count: upstream.count)
            return weightedSum(doubles(Array(output)), upstream)
        }

        // Parameters' gradients are added to what is there.
        _ = loss()
        let gradient = FlatBuffer(count: values.count)
        let start = random.normals(parameterCount)
        gradient.base.update(from: start, count: parameterCount)
        let gradients = windows(over: gradient).0
        var gradient_TH = arena.untouchedTensor(rows: tokens, columns: sizes.hidden)
        gradient_TH.base.update(from: upstream, count: upstream.count)
        layer.backward(
            parameters, adding: gradients, activations, scratch, gradient_TH: &gradient_TH, input_TH: input_TH,
            batch: batch, read: read)
        for i in 0..<parameterCount { gradient.base[i] -= start[i] }
        (gradient.base + parameterCount).update(from: gradient_TH.checkedValues(), count: tokens * sizes.hidden)

        DirectionalDerivative(specifications: specifications, parameters: values, gradient: gradient, loss: loss)
            .expectGradientOfAllParameters()
    }
}
