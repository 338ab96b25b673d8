import CKernels

/// y[t] = word[id t] + position[t's place in its sequence] + type[segment t];  each table row += dy of its tokens.
package enum EmbeddingLookup {
    package static func forward(
        into y_TE: inout Tensor, ids: UnsafePointer<Int32>, batch: SequenceBatch, word: borrowing Tensor,
        position: borrowing Tensor, type: borrowing Tensor
    ) {
        let width = y_TE.columns
        KernelKind.embedding.timed(numbers: 4 * batch.tokenCount * width) {
            for token in 0..<batch.tokenCount {
                let y = y_TE.base + token * width
                let w = word.base + Int(ids[token]) * width
                let p = position.base + Int(batch.positions[token]) * width
                let s = type.base + Int(batch.segments[token]) * width
                ck_sum_of_three(y, w, p, s, width)
            }
        }
    }

    /// The same added to y.
    package static func forward(
        adding y_TE: inout Tensor, ids: UnsafePointer<Int32>, batch: SequenceBatch, word: borrowing Tensor,
        position: borrowing Tensor, type: borrowing Tensor
    ) {
        let width = y_TE.columns
        KernelKind.embedding.timed(numbers: 9 * batch.tokenCount * width) {
            for token in 0..<batch.tokenCount {
                let y = y_TE.base + token * width
                ck_add(y, word.base + Int(ids[token]) * width, width)
                ck_add(y, position.base + Int(batch.positions[token]) * width, width)
                ck_add(y, type.base + Int(batch.segments[token]) * width, width)
            }
        }
    }

    package static func backward(
        addingWord dWord: inout Tensor, addingPosition dPosition: inout Tensor, addingType dType: inout Tensor,
        dy_TE: borrowing Tensor, ids: UnsafePointer<Int32>, batch: SequenceBatch
    ) {
        let width = dy_TE.columns
        KernelKind.embedding.timed(numbers: 7 * batch.tokenCount * width) {
            for token in 0..<batch.tokenCount {
                let dy = dy_TE.base + token * width
                dWord.touched?[Int(ids[token])] = true
                ck_add(dWord.base + Int(ids[token]) * width, dy, width)
                ck_add(dPosition.base + Int(batch.positions[token]) * width, dy, width)
                ck_add(dType.base + Int(batch.segments[token]) * width, dy, width)
            }
        }
    }
}
