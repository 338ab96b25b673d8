/// Scaled dot-product attention of each sequence to itself, one head at a time (A. Vaswani et al., 2017, 3.2):
///
///     p = softmax(Q K^T / sqrt(D));    context = dropout(p) V
///     dV = dropout(p)^T dc;   dq = dc V^T;   ds = softmax backward of dq;   dQ = ds K;   dK = ds^T Q
///
/// and the gradient of the bias that Q, K and V came with, which is their gradients' column sums.
///
/// Sequences are laid end to end without padding, so no position needs to be masked. The backward pass finds p where the
/// forward pass left it, with what dropout did in its sign: to compute it again would take a sixth more products, and all
/// exponentials and masks once more.
///
/// L tokens of a sequence; H = heads x D; `qkv_T3H` holds query, key and value side by side.
package enum SelfAttention {
    /// One head at a time uses it.
    package struct Scratch: ~Copyable {
        var dropped_LL: Tensor
        /// Of the scores; in bf16 the scores before.
        var gradient_LL: Tensor
        let keep_LL: UnsafeMutablePointer<UInt8>

        package init(maximumLength: Int, arena: Arena) {
            dropped_LL = arena.factor(rows: maximumLength, columns: maximumLength)
            gradient_LL = arena.operand(rows: maximumLength, columns: maximumLength)
            keep_LL = arena.array(of: UInt8.self, count: maximumLength * maximumLength)
        }
    }

    /// What the backward pass needs.
    package struct Saved {
        /// Of every sequence and head, end to end; negative where dropped.
        let probabilities: Softmax.Probabilities
        /// What those that stayed are multiplied by.
        var keepScale: Float = 1

        package init(heads: Int, tokens: Int, maximumLength: Int, arena: Arena) {
            probabilities = arena.probabilities(count: heads * tokens * maximumLength)
        }
    }

    package static func forward(
        into context_TH: inout Tensor, saving saved: inout Saved, qkv_T3H: borrowing Tensor, heads: Int,
        batch: SequenceBatch, dropout: DropoutSource, layer: Int, _ scratch: inout Scratch
    ) {
        saved.keepScale = dropout.attentionScale
        forEachHead(heads, hidden: context_TH.columns, batch) { head in
            let (start, length) = (head.start, head.length)
            let p = saved.probabilities.from(head.probabilities)
            let scores = p.floats ?? scratch.gradient_LL.base
            // The scores, Q K^T
            MatrixProduct.multiply(
                into: MatrixProduct.View(base: scores, rounded: nil, stride: length),
                qkv_T3H.block(row: start, column: head.query),
                qkv_T3H.block(row: start, column: head.key).transposed,
                m: length, n: length, k: head.size, beta: 0, as: .attentionProduct)
            let mask = dropout.attentionMask(
                layer: layer, head: head.number, sequence: batch.sequenceKey(of: head.sequence),
                count: length * length, scratch.keep_LL)
            Softmax.forward(
                scores, into: p, dropped: &scratch.dropped_LL, mask: mask, scale: head.scale, rows: length,
                columns: length)
            // context = dropout(p) V
            MatrixProduct.multiply(
                into: context_TH.block(row: start, column: head.query), scratch.dropped_LL.view(stride: length),
                qkv_T3H.block(row: start, column: head.value),
                m: length, n: head.size, k: length, beta: 0, as: .attentionProduct)
        }
    }

    package static func backward(
        into dQkv_T3H: inout Tensor, addingBias dBias: inout Tensor, dContext_TH: borrowing Tensor, saved: Saved,
        qkv_T3H: borrowing Tensor, heads: Int, batch: SequenceBatch, _ scratch: inout Scratch
    ) {
        forEachHead(heads, hidden: dContext_TH.columns, batch) { head in
            let (start, length) = (head.start, head.length)
            let dropped = scratch.dropped_LL.view(stride: length)
            let gradient = scratch.gradient_LL.view(stride: length)
            func multiply(
                into column: Int, _ left: MatrixProduct.View, _ right: MatrixProduct.View
            ) {
                MatrixProduct.multiply(
                    into: dQkv_T3H.block(row: start, column: column), left, right, m: length, n: head.size, k: length,
                    beta: 0, addingColumnSums: dBias.base + column, as: .attentionProduct)
            }
            let dContext = dContext_TH.block(row: start, column: head.query)
            // dq = dc V^T
            MatrixProduct.multiply(
                into: gradient, dContext, qkv_T3H.block(row: start, column: head.value).transposed,
                m: length, n: length, k: head.size, beta: 0, as: .attentionProduct)
            Softmax.backward(
                &scratch.gradient_LL, recomputing: &scratch.dropped_LL,
                probabilities: saved.probabilities.from(head.probabilities), keepScale: saved.keepScale,
                scale: head.scale, rows: length, columns: length)
            // dV = dropout(p)^T dc
            multiply(into: head.value, dropped.transposed, dContext)
            // dQ = ds K
            multiply(into: head.query, gradient, qkv_T3H.block(row: start, column: head.key))
            // dK = ds^T Q
            multiply(into: head.key, gradient.transposed, qkv_T3H.block(row: start, column: head.query))
        }
    }

    /// One head of one sequence: its rows, its columns in query, key and value, and where its probabilities begin.
    private struct Head {
        let number: Int
        let sequence: Int
        let start: Int
        let length: Int
        let size: Int
        let query: Int
        let key: Int
        let value: Int
        let probabilities: Int

        var scale: Float { 1 / Float(size).squareRoot() }
    }

    private static func forEachHead(_ heads: Int, hidden: Int, _ batch: SequenceBatch, _ body: (Head) -> Void) {
        let size = hidden / heads
        var probabilities = 0
        for sequence in 0..<batch.sequenceCount {
            let length = batch.length(of: sequence)
            for number in 0..<heads {
                let query = number * size
                body(
                    Head(
                        number: number, sequence: sequence, start: batch.start(of: sequence), length: length,
                        size: size, query: query, key: hidden + query, value: 2 * hidden + query,
                        probabilities: probabilities))
                probabilities += length * length
            }
        }
    }
}
