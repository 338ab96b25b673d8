import CKernels
import TestSupport
import Testing

@testable import ElectraKernels

/// Attention over several sequences of unequal length and several heads, with and without dropout.
struct SelfAttentionTests {
    let arena = Arena()

    struct Case: CustomTestStringConvertible {
        let lengths: [Int]
        let heads: Int
        /// Columns of one head.
        let size: Int
        let dropoutRate: Float
        /// Of query, key and value: at 4, single scores reach +-80 and more.
        var deviation: Float = 1

        var tokens: Int { lengths.reduce(0, +) }
        var hidden: Int { heads * size }
        var testDescription: String {
            "lengths \(lengths), \(heads) heads of \(size), dropout \(dropoutRate), deviation \(deviation)"
        }
    }

    static let cases = [
        Case(lengths: [1], heads: 1, size: 1, dropoutRate: 0),
        Case(lengths: [5, 1, 8], heads: 3, size: 5, dropoutRate: 0),
        Case(lengths: [5, 1, 8], heads: 3, size: 5, dropoutRate: 0.25),
        Case(lengths: [17, 3, 33], heads: 2, size: 7, dropoutRate: 0.1),
        Case(lengths: [2, 31], heads: 1, size: 33, dropoutRate: 0.5),
        Case(lengths: [4, 9], heads: 2, size: 17, dropoutRate: 0.25, deviation: 4),
    ]

    private func batch(_ sizes: Case) -> SequenceBatch {
        let batch = SequenceBatch(
            maximumSequences: sizes.lengths.count, maximumLength: sizes.lengths.max() ?? 0,
            arena: arena)
        for (place, length) in sizes.lengths.enumerated() {
            batch.append(key: 7 * place + 3) { ids in
                ids.update(repeating: 1, count: length)
                return (length, length)
            }
        }
        return batch
    }

    private func dropout(_ sizes: Case) -> DropoutSource {
        DropoutSource(network: 1, hiddenRate: 0, attentionRate: sizes.dropoutRate, seed: 5, step: 11)
    }

    private let layer = 2

    /// The dropout factors of each sequence and head.
    private func masks(_ sizes: Case) -> [[[Double]]] {
        sizes.lengths.enumerated().map { place, length in
            (0..<sizes.heads).map { head in
                let keep = arena.array(of: UInt8.self, count: length * length)
                let mask = dropout(sizes).attentionMask(
                    layer: layer, head: head, sequence: 7 * place + 3, count: length * length, keep)
                return (0..<length * length).map { mask.keep == nil ? 1 : Double(keep[$0]) * Double(mask.scale) }
            }
        }
    }

    /// Scores are sums of `size` products, contexts of `length`; a rounding of a score costs its probability as many
    /// roundings as the score is large, which is deviation^2 on the average, less for the probabilities that count.
    private func bound(_ sizes: Case) -> Double {
        roundingBound(terms: sizes.size + (sizes.lengths.max() ?? 0)) * Double(sizes.deviation)
    }

    /// The context, and what the backward pass needs.
    private func forward(_ sizes: Case, _ qkv: [Float], _ scratch: inout SelfAttention.Scratch) -> (
        context: [Float], saved: SelfAttention.Saved
    ) {
        var context = arena.untouchedTensor(rows: sizes.tokens, columns: sizes.hidden)
        var saved = SelfAttention.Saved(
            heads: sizes.heads, tokens: sizes.tokens, maximumLength: sizes.lengths.max() ?? 0, arena: arena)
        SelfAttention.forward(
            into: &context, saving: &saved, qkv_T3H: arena.tensor(qkv, columns: 3 * sizes.hidden), heads: sizes.heads,
            batch: batch(sizes), dropout: dropout(sizes), layer: layer, &scratch)
        return (context.checkedValues(), saved)
    }

    @Test(arguments: cases)
    func forwardIsTheFormula(_ sizes: Case) {
        var random = RandomNumbers(seed: sizes.tokens)
        let qkv = random.normals(sizes.tokens * 3 * sizes.hidden, deviation: sizes.deviation)
        var scratch = SelfAttention.Scratch(maximumLength: sizes.lengths.max() ?? 0, arena: arena)
        let expected = Reference.attention(
            doubles(qkv), lengths: sizes.lengths, heads: sizes.heads, masks: masks(sizes))
        expectClose(forward(sizes, qkv, &scratch).context, expected, bound: bound(sizes), "context")
    }

    @Test(arguments: cases)
    func gradientIsTheDerivative(_ sizes: Case) {
        var random = RandomNumbers(seed: sizes.tokens)
        let qkv = random.normals(sizes.tokens * 3 * sizes.hidden, deviation: sizes.deviation)
        let dContext = random.normals(sizes.tokens * sizes.hidden)
        var dQkv = arena.untouchedTensor(rows: sizes.tokens, columns: 3 * sizes.hidden)
        var dBias = arena.tensor(rows: 1, columns: 3 * sizes.hidden)
        var scratch = SelfAttention.Scratch(maximumLength: sizes.lengths.max() ?? 0, arena: arena)
        let saved = forward(sizes, qkv, &scratch).saved
        SelfAttention.backward(
            into: &dQkv, addingBias: &dBias, dContext_TH: arena.tensor(dContext, columns: sizes.hidden), saved: saved,
            qkv_T3H: arena.tensor(qkv, columns: 3 * sizes.hidden), heads: sizes.heads, batch: batch(sizes), &scratch)
        let masks = masks(sizes)
        expectGradient(dQkv.checkedValues(), at: qkv, bound: bound(sizes), step: 0x1p-11, "query, key and value") {
            weightedSum(
                Reference.attention($0, lengths: sizes.lengths, heads: sizes.heads, masks: masks), dContext)
        }
        let columnSums = (0..<3 * sizes.hidden).map { column in
            (0..<sizes.tokens).reduce(Float(0)) { $0 + dQkv.base[$1 * 3 * sizes.hidden + column] }
        }
        #expect((0..<columnSums.count).map { dBias.base[$0] } == columnSums)
    }

    /// In bf16, from the same numbers rounded: each result is off by some roundings of 8 bits of its largest terms.
    @Test(arguments: cases)
    func halvesFollow(_ sizes: Case) {
        let halves = Arena(.bf16)
        var random = RandomNumbers(seed: sizes.tokens)
        func factor(_ numbers: [Float], columns: Int) -> Tensor {
            let tensor = halves.factor(rows: numbers.count / columns, columns: columns)
            numbers.withUnsafeBufferPointer { ck_round_to_bfloat16(tensor.rounded!, $0.baseAddress!, numbers.count) }
            return tensor
        }
        func values(_ tensor: borrowing Tensor) -> [Float] {
            (0..<tensor.count).map { Float(half: tensor.rounded![$0]) }
        }
        let H = sizes.hidden
        let qkv_T3H = factor(random.normals(sizes.tokens * 3 * H, deviation: sizes.deviation), columns: 3 * H)
        let dContext_TH = factor(random.normals(sizes.tokens * H), columns: H)
        let (qkv, dContext) = (values(qkv_T3H), values(dContext_TH))
        let longest = sizes.lengths.max() ?? 0
        var context_TH = halves.factor(rows: sizes.tokens, columns: H)
        var saved = SelfAttention.Saved(
            heads: sizes.heads, tokens: sizes.tokens, maximumLength: longest, arena: halves)
        var scratch = SelfAttention.Scratch(maximumLength: longest, arena: halves)
        SelfAttention.forward(
            into: &context_TH, saving: &saved, qkv_T3H: qkv_T3H, heads: sizes.heads, batch: batch(sizes),
            dropout: dropout(sizes), layer: layer, &scratch)
        let masks = masks(sizes)
        let expected = Reference.attention(doubles(qkv), lengths: sizes.lengths, heads: sizes.heads, masks: masks)
        let bound = 0x1p-6 * Double(sizes.deviation * sizes.deviation)
        expectClose(values(context_TH), expected, bound: bound, "context")

        var dQkv_T3H = halves.factor(rows: sizes.tokens, columns: 3 * H)
        var dBias = halves.tensor(rows: 1, columns: 3 * H)
        dBias.fill(2, rows: 1)
        SelfAttention.backward(
            into: &dQkv_T3H, addingBias: &dBias, dContext_TH: dContext_TH, saved: saved, qkv_T3H: qkv_T3H,
            heads: sizes.heads, batch: batch(sizes), &scratch)
        let dQkv = values(dQkv_T3H)
        expectGradient(dQkv, at: qkv, bound: 4 * bound, step: 0x1p-11, "query, key and value") {
            weightedSum(Reference.attention($0, lengths: sizes.lengths, heads: sizes.heads, masks: masks), dContext)
        }
        for column in 0..<3 * H {
            let terms = (0..<sizes.tokens).map { Double(dQkv[$0 * 3 * H + column]) }
            let sum = Double(dBias.base[column]) - 2
            #expect(abs(sum - terms.reduce(0, +)) <= 0x1p-8 * terms.reduce(0) { $0 + abs($1) } + 1e-6)
        }
    }

    /// A sequence gives the same bits whatever it shares the micro-batch with.
    @Test func neighboursDoNotMatter() {
        let together = Case(lengths: [9, 5], heads: 2, size: 7, dropoutRate: 0.25)
        var random = RandomNumbers(seed: 1)
        let qkv = random.normals(14 * 42)
        var scratch = SelfAttention.Scratch(maximumLength: 9, arena: arena)
        let alone = Case(lengths: [9], heads: 2, size: 7, dropoutRate: 0.25)
        let one = forward(alone, Array(qkv[..<(9 * 42)]), &scratch).context
        #expect(one == Array(forward(together, qkv, &scratch).context[..<(9 * 14)]))
    }
}
