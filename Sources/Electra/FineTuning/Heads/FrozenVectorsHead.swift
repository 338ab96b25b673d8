package import ElectraHuggingFace
package import ElectraKernels
package import ElectraModel

/// No head: it hands out what the encoder says, and nothing is learnt through it.
package struct FrozenVectorsHead: FineTuningHead {
    package enum Vectors: String, CaseIterable, Sendable {
        /// The vector at [CLS].
        case cls
        /// The mean over all tokens, [CLS] and [SEP] included.
        case mean
    }

    package final class Parameters {}

    package final class Activations {
        var vectors_RH: Tensor

        init(_ hidden: Int, rows: Int, arena: Arena) { vectors_RH = arena.operand(rows: rows, columns: hidden) }
    }

    /// Of no class of transformers; nobody writes it.
    package let description = TaskHeadDescription(.sequenceClassification, labels: [], problem: nil)
    private let isMean: Bool
    package var readsEveryToken: Bool { isMean }
    private let width: Int

    /// Vectors at the rows where an example is looked at, [CLS] of a text or the first token of each word, or one mean.
    package init(isMean: Bool, width: Int) {
        self.isMean = isMean
        self.width = width
    }

    package func parameters(_ windows: inout ParameterWindows, of tower: Tower) -> Parameters { Parameters() }

    package func activations(sequences: Int, tokens: Int, of tower: Tower, arena: Arena) -> Activations {
        Activations(width, rows: tokens, arena: arena)
    }

    package func forward(
        _ p: Parameters, _ a: Activations, encoded_RH: inout Tensor, _ batch: LabelledBatch, dropout: DropoutSource
    ) {
        guard isMean else {
            return a.vectors_RH.base.update(from: encoded_RH.base, count: batch.rowCount * width)
        }
        for sequence in 0..<batch.sequences.sequenceCount {
            let rows = batch.sequences.rows(of: sequence)
            for column in 0..<width {
                let sum = rows.reduce(0.0) { $0 + Double(encoded_RH.base[$1 * width + column]) }
                a.vectors_RH.base[sequence * width + column] = Float(sum / Double(rows.count))
            }
        }
    }

    package func outputCount(of example: EncodedExample) -> Int { isMean ? width : width * example.rows.count }

    package func outputs(
        _ a: Activations, ofSequence sequence: Int, _ batch: LabelledBatch
    ) -> UnsafeBufferPointer<Float> {
        let rows = isMean ? sequence..<sequence + 1 : batch.rows.range(ofSequence: sequence)
        return UnsafeBufferPointer(start: a.vectors_RH.base + rows.lowerBound * width, count: rows.count * width)
    }

    package func denominator(of batch: LabelledBatch) -> Int { 1 }

    package func loss(_ a: Activations, _ batch: LabelledBatch, gradientScale: Float) -> Double { 0 }

    package func backward(
        _ p: Parameters, adding d: Parameters, _ a: Activations, encoded_RH: borrowing Tensor,
        into gradient_RH: inout Tensor, _ batch: LabelledBatch
    ) {
        gradient_RH.fill(0, rows: isMean ? batch.sequences.tokenCount : batch.rowCount)
    }
}
