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
        let size = context_TH.columns / heads
        qkv_T3H.round(rows: batch.tokenCount)
        for sequence in 0..<batch.sequenceCount {
            let start = batch.start(of: sequence)
            let length = batch.length(of: sequence)
            for head in 0..<heads {
                let mask = dropout.attentionMask(
                    layer: layer, head: head, sequence: batch.sequenceKey(of: sequence), count: length * length,
                    scratch.keep_LL)
                probabilities(
                    scratch.probabilities_LL.base, dropped: scratch.probabilities_LL.base,
                    qkv_T3H: qkv_T3H, start: start, length: length, head: head, size: size, mask: mask)
                scratch.probabilities_LL.round(count: length * length)
                // context = dropout(p) V
                MatrixProduct.multiply(
                    into: context_TH.block(row: start, column: head * size),
                    scratch.probabilities_LL.view(stride: length),
                    qkv_T3H.block(row: start, column: 2 * context_TH.columns + head * size),
                    m: length, n: size, k: length, beta: 0, as: .attentionProduct)
            }
        }
    }

    static func backward(
        into dQkv_T3H: inout Tensor, dContext_TH: borrowing Tensor, qkv_T3H: borrowing Tensor, heads: Int,
        batch: MicroBatch, dropout: DropoutSource, layer: Int, _ scratch: inout Scratch
    ) {
        let hidden = dContext_TH.columns
        let size = hidden / heads
        dContext_TH.round(rows: batch.tokenCount)
        for sequence in 0..<batch.sequenceCount {
            let start = batch.start(of: sequence)
            let length = batch.length(of: sequence)
            for head in 0..<heads {
                let mask = dropout.attentionMask(
                    layer: layer, head: head, sequence: batch.sequenceKey(of: sequence), count: length * length,
                    scratch.keep_LL)
                probabilities(
                    scratch.probabilities_LL.base, dropped: scratch.dropped_LL.base,
                    qkv_T3H: qkv_T3H, start: start, length: length, head: head, size: size, mask: mask)
                scratch.dropped_LL.round(count: length * length)
                let dropped = scratch.dropped_LL.view(stride: length)
                let gradient = scratch.gradient_LL.view(stride: length)
                let dContext = dContext_TH.block(row: start, column: head * size)
                let query = head * size
                let key = hidden + head * size
                let value = 2 * hidden + head * size
                // dV = dropout(p)^T dc
                MatrixProduct.multiply(
                    into: dQkv_T3H.block(row: start, column: value), dropped.transposed, dContext,
                    m: length, n: size, k: length, beta: 0, as: .attentionProduct)
                // dq = dc V^T
                MatrixProduct.multiply(
                    into: gradient, dContext, qkv_T3H.block(row: start, column: value).transposed,
                    m: length, n: length, k: size, beta: 0, as: .attentionProduct)
                Softmax.backward(
                    scratch.gradient_LL.base, probabilities: scratch.probabilities_LL.base, mask: mask,
                    scale: 1 / Float(size).squareRoot(), rows: length, columns: length)
                scratch.gradient_LL.round(count: length * length)
                // dQ = ds K
                MatrixProduct.multiply(
                    into: dQkv_T3H.block(row: start, column: query), gradient,
                    qkv_T3H.block(row: start, column: key), m: length, n: size, k: length, beta: 0,
                    as: .attentionProduct)
                // dK = ds^T Q
                MatrixProduct.multiply(
                    into: dQkv_T3H.block(row: start, column: key), gradient.transposed,
                    qkv_T3H.block(row: start, column: query), m: length, n: size, k: length, beta: 0,
                    as: .attentionProduct)
            }
        }
    }

    /// p and dropout(p) of one head of one sequence.
    private static func probabilities(
        _ p: UnsafeMutablePointer<Float>, dropped: UnsafeMutablePointer<Float>, qkv_T3H: borrowing Tensor,
        start: Int, length: Int, head: Int, size: Int, mask: DropoutMask
    ) {
        let hidden = qkv_T3H.columns / 3
        MatrixProduct.multiply(
            into: MatrixProduct.View(base: p, rounded: nil, stride: length),
            qkv_T3H.block(row: start, column: head * size),
            qkv_T3H.block(row: start, column: hidden + head * size).transposed,
            m: length, n: length, k: size, beta: 0, as: .attentionProduct)
        Softmax.forward(
            p, dropped: dropped, mask: mask, scale: 1 / Float(size).squareRoot(), rows: length, columns: length)
    }
}
