package import ElectraHuggingFace
package import ElectraKernels
package import ElectraModel

/// ElectraForTokenClassification, at the first token of every word:
///
///     logits = classifier(dropout(encoder output))
///
/// Learns classes by cross-entropy; the mean over words.
package struct TokenClassificationHead: FineTuningHead {
    package final class Parameters {
        var weight: Tensor
        var bias: Tensor

        init(_ windows: inout ParameterWindows, of tower: Tower, outputs: Int) {
            weight = windows.matrix(
                "\(tower.name).classifier.weight", outputs: outputs, inputs: tower.sizes.hidden,
                .truncatedNormal(deviation: tower.initializerRange))
            bias = windows.vector("\(tower.name).classifier.bias", size: outputs)
        }
    }

    package final class Activations {
        /// The logits; the loss turns them into their gradient in place.
        var logits_RK: Tensor
        let keep: UnsafeMutablePointer<UInt8>
        var mask = DropoutMask.off

        init(_ hidden: Int, rows: Int, outputs: Int, arena: Arena) {
            logits_RK = arena.tensor(rows: rows, columns: outputs)
            keep = arena.array(of: UInt8.self, count: rows * hidden)
        }
    }

    package let description: TaskHeadDescription
    package let readsEveryToken = false
    private var outputs: Int { description.labels.count }

    package init(labels: [String]) {
        description = TaskHeadDescription(.tokenClassification, labels: labels, problem: nil)
    }

    package func parameters(_ windows: inout ParameterWindows, of tower: Tower) -> Parameters {
        Parameters(&windows, of: tower, outputs: outputs)
    }

    package func activations(sequences: Int, tokens: Int, of tower: Tower, arena: Arena) -> Activations {
        Activations(tower.sizes.hidden, rows: tokens, outputs: outputs, arena: arena)
    }

    package func forward(
        _ p: Parameters, _ a: Activations, encoded_RH: inout Tensor, _ batch: LabelledBatch, dropout: DropoutSource
    ) {
        let R = batch.rowCount
        a.mask = dropout.headMask(
            0, batch: batch.sequences, read: batch.rows, columns: encoded_RH.columns, a.keep)
        Dropout.apply(&encoded_RH, rows: R, mask: a.mask)
        Linear.forward(into: &a.logits_RK, x: encoded_RH.inFloat, rows: R, weight: p.weight, bias: p.bias)
    }

    package func outputCount(of example: EncodedExample) -> Int { outputs * example.rows.count }

    package func outputs(
        _ a: Activations, ofSequence sequence: Int, _ batch: LabelledBatch
    ) -> UnsafeBufferPointer<Float> {
        let rows = batch.rows.range(ofSequence: sequence)
        return UnsafeBufferPointer(start: a.logits_RK.base + rows.lowerBound * outputs, count: rows.count * outputs)
    }

    package func denominator(of batch: LabelledBatch) -> Int { batch.rowCount }

    package func loss(_ a: Activations, _ batch: LabelledBatch, gradientScale: Float) -> Double {
        RowCrossEntropy.loss(&a.logits_RK, targets: batch.targets, rows: batch.rowCount, gradientScale)
    }

    package func backward(
        _ p: Parameters, adding d: Parameters, _ a: Activations, encoded_RH: borrowing Tensor,
        into gradient_RH: inout Tensor, _ batch: LabelledBatch
    ) {
        let R = batch.rowCount
        Linear.backward(addingWeight: &d.weight, addingBias: &d.bias, dy: a.logits_RK, x: encoded_RH.inFloat, rows: R)
        Linear.backward(into: &gradient_RH, dy: a.logits_RK, rows: R, weight: p.weight)
        Dropout.apply(&gradient_RH, rows: R, mask: a.mask)
    }
}
