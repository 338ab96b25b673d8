package import ElectraHuggingFace
package import ElectraKernels
package import ElectraModel

/// ElectraForQuestionAnswering, at every token: how well an answer would start here, and end here.
///
///     logits = qa_outputs(encoder output)
///
/// Learns the two places by cross-entropy over the tokens of the sequence, the mean of both and over sequences. An answer
/// that is not there is at [CLS].
package struct QuestionAnsweringHead: FineTuningHead {
    package final class Parameters {
        var weight: Tensor
        var bias: Tensor

        init(_ windows: inout ParameterWindows, of tower: Tower) {
            weight = windows.matrix(
                "\(tower.name).qa_outputs.weight", outputs: 2, inputs: tower.sizes.hidden,
                .truncatedNormal(deviation: tower.initializerRange))
            bias = windows.vector("\(tower.name).qa_outputs.bias", size: 2)
        }
    }

    package final class Activations {
        /// The logits; the loss turns them into their gradient in place.
        var logits_T2: Tensor
        /// Those of the starts, or of the ends, of one sequence.
        let column: UnsafeMutablePointer<Float>

        init(tokens: Int, arena: Arena) {
            logits_T2 = arena.tensor(rows: tokens, columns: 2)
            column = arena.array(of: Float.self, count: tokens)
        }
    }

    package let description = TaskHeadDescription(.questionAnswering, labels: [], problem: nil)
    package let readsEveryToken = true

    package init() {}

    package func parameters(_ windows: inout ParameterWindows, of tower: Tower) -> Parameters {
        Parameters(&windows, of: tower)
    }

    package func activations(sequences: Int, tokens: Int, of tower: Tower, arena: Arena) -> Activations {
        Activations(tokens: tokens, arena: arena)
    }

    package func forward(
        _ p: Parameters, _ a: Activations, encoded_RH: inout Tensor, _ batch: LabelledBatch, dropout: DropoutSource
    ) {
        Linear.forward(
            into: &a.logits_T2, x: encoded_RH.inFloat, rows: batch.sequences.tokenCount, weight: p.weight,
            bias: p.bias)
    }

    package func outputCount(of example: EncodedExample) -> Int { 2 * example.ids.count }

    package func outputs(
        _ a: Activations, ofSequence sequence: Int, _ batch: LabelledBatch
    ) -> UnsafeBufferPointer<Float> {
        let rows = batch.sequences.rows(of: sequence)
        return UnsafeBufferPointer(start: a.logits_T2.base + 2 * rows.lowerBound, count: 2 * rows.count)
    }

    package func denominator(of batch: LabelledBatch) -> Int { batch.sequences.sequenceCount }

    package func loss(_ a: Activations, _ batch: LabelledBatch, gradientScale: Float) -> Double {
        var sum = 0.0
        for sequence in 0..<batch.sequences.sequenceCount {
            let rows = batch.sequences.rows(of: sequence)
            let logits = a.logits_T2.base + 2 * rows.lowerBound
            for end in 0...1 {
                for row in 0..<rows.count { a.column[row] = logits[2 * row + end] }
                let prediction = VocabularySoftmax.prediction(row: a.column, count: rows.count)
                sum +=
                    0.5
                    * VocabularySoftmax.crossEntropy(
                        row: a.column, count: rows.count, prediction: prediction,
                        target: Int32(batch.targets[2 * sequence + end]), gradientScale: gradientScale / 2)
                for row in 0..<rows.count { logits[2 * row + end] = a.column[row] }
            }
        }
        return sum
    }

    package func backward(
        _ p: Parameters, adding d: Parameters, _ a: Activations, encoded_RH: borrowing Tensor,
        into gradient_RH: inout Tensor, _ batch: LabelledBatch
    ) {
        let T = batch.sequences.tokenCount
        Linear.backward(
            addingWeight: &d.weight, addingBias: &d.bias, dy: a.logits_T2, x: encoded_RH.inFloat, rows: T)
        Linear.backward(into: &gradient_RH, dy: a.logits_T2, rows: T, weight: p.weight)
    }
}
