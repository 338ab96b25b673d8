/// Scaled dot-product attention of each sequence to itself, one head at a time (A. Vaswani et al., 2017, 3.2):
///
///     p = softmax(Q K^T / sqrt(D));    context = dropout(p) V
///     dV = dropout(p)^T dc;   dq = dc V^T;   ds = softmax backward of dq;   dQ = ds K;   dK = ds^T Q
///
/// Sequences are laid end to end without padding, so no position needs to be masked. The backward pass computes p
/// again: no more than the scores of one head is ever stored.
///
/// L tokens of a sequence; H = heads x D; `qkv_T3H` holds query, key and value side by side.
enum SelfAttention {
    struct Scratch: ~Copyable {
        var probabilities_LL: Tensor
        var dropped_LL: Tensor
        var gradient_LL: Tensor
        let keep_LL: UnsafeMutablePointer<UInt8>

        init(maximumLength: Int, arena: Arena) {
            probabilities_LL = arena.operand(rows: maximumLength, columns: maximumLength)
            dropped_LL = arena.operand(rows: maximumLength, columns: maximumLength)
            gradient_LL = arena.operand(rows: maximumLength, columns: maximumLength)
            keep_LL = arena.array(of: UInt8.self, count: maximumLength * maximumLength)
        }
    }

    static func forward(
        into context_TH: inout Tensor, qkv_T3H: borrowing Tensor, heads: Int, batch: MicroBatch,
        dropout: DropoutSource, layer: Int, _ scratch: inout Scratch
    ) {
        qkv_T3H.round(rows: batch.tokenCount)
        forEachHead(heads, hidden: context_TH.columns, batch, dropout, layer: layer, scratch.keep_LL) { head, mask in
            probabilities(
                scratch.probabilities_LL.base, dropped: scratch.probabilities_LL.base,
                rounded: scratch.probabilities_LL.rounded, qkv_T3H: qkv_T3H, head, mask)
            // context = dropout(p) V
            MatrixProduct.multiply(
                into: context_TH.block(row: head.start, column: head.query),
                scratch.probabilities_LL.view(stride: head.length),
                qkv_T3H.block(row: head.start, column: head.value),
                m: head.length, n: head.size, k: head.length, beta: 0, as: .attentionProduct)
        }
        context_TH.round(rows: batch.tokenCount)
    }

    static func backward(
        into dQkv_T3H: inout Tensor, dContext_TH: borrowing Tensor, qkv_T3H: borrowing Tensor, heads: Int,
        batch: MicroBatch, dropout: DropoutSource, layer: Int, _ scratch: inout Scratch
    ) {
        dContext_TH.round(rows: batch.tokenCount)
        forEachHead(heads, hidden: dContext_TH.columns, batch, dropout, layer: layer, scratch.keep_LL) { head, mask in
            let (start, length) = (head.start, head.length)
            probabilities(
                scratch.probabilities_LL.base, dropped: scratch.dropped_LL.base, rounded: scratch.dropped_LL.rounded,
                qkv_T3H: qkv_T3H, head, mask)
            let dropped = scratch.dropped_LL.view(stride: length)
            let gradient = scratch.gradient_LL.view(stride: length)
            let dContext = dContext_TH.block(row: start, column: head.query)
            // dV = dropout(p)^T dc
            MatrixProduct.multiply(
                into: dQkv_T3H.block(row: start, column: head.value), dropped.transposed, dContext,
                m: length, n: head.size, k: length, beta: 0, as: .attentionProduct)
            // dq = dc V^T
            MatrixProduct.multiply(
                into: gradient, dContext, qkv_T3H.block(row: start, column: head.value).transposed,
                m: length, n: length, k: head.size, beta: 0, as: .attentionProduct)
            Softmax.backward(
                scratch.gradient_LL.base, rounded: scratch.gradient_LL.rounded,
                probabilities: scratch.probabilities_LL.base, mask: mask, scale: head.scale, rows: length,
                columns: length)
            // dQ = ds K
            MatrixProduct.multiply(
                into: dQkv_T3H.block(row: start, column: head.query), gradient,
                qkv_T3H.block(row: start, column: head.key),
                m: length, n: head.size, k: length, beta: 0, as: .attentionProduct)
            // dK = ds^T Q
            MatrixProduct.multiply(
                into: dQkv_T3H.block(row: start, column: head.key), gradient.transposed,
                qkv_T3H.block(row: start, column: head.query),
                m: length, n: head.size, k: length, beta: 0, as: .attentionProduct)
        }
        dQkv_T3H.round(rows: batch.tokenCount)
    }

    /// p and dropout(p) of one head of one sequence.
    private static func probabilities(
        _ p: UnsafeMutablePointer<Float>, dropped: UnsafeMutablePointer<Float>,
        rounded: UnsafeMutablePointer<BFloat16>?, qkv_T3H: borrowing Tensor, _ head: Head, _ mask: DropoutMask
    ) {
        MatrixProduct.multiply(
            into: MatrixProduct.View(base: p, rounded: nil, stride: head.length),
            qkv_T3H.block(row: head.start, column: head.query),
            qkv_T3H.block(row: head.start, column: head.key).transposed,
            m: head.length, n: head.length, k: head.size, beta: 0, as: .attentionProduct)
        Softmax.forward(
            p, dropped: dropped, rounded: rounded, mask: mask, scale: head.scale, rows: head.length,
            columns: head.length)
    }

    /// One head of one sequence: its rows, and its columns in query, key and value.
    private struct Head {
        let start: Int
        let length: Int
        let size: Int
        let query: Int
        let key: Int
        let value: Int

        var scale: Float { 1 / Float(size).squareRoot() }
    }

    private static func forEachHead(
        _ heads: Int, hidden: Int, _ batch: MicroBatch, _ dropout: DropoutSource, layer: Int,
        _ keep_LL: UnsafeMutablePointer<UInt8>, _ body: (Head, DropoutMask) -> Void
    ) {
        let size = hidden / heads
        for sequence in 0..<batch.sequenceCount {
            let length = batch.length(of: sequence)
            for head in 0..<heads {
                let mask = dropout.attentionMask(
                    layer: layer, head: head, sequence: batch.sequenceKey(of: sequence), count: length * length,
                    keep_LL)
                let query = head * size
                body(
                    Head(
                        start: batch.start(of: sequence), length: length, size: size, query: query,
                        key: hidden + query, value: 2 * hidden + query), mask)
            }
        }
    }
}
