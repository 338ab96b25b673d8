package import ElectraHuggingFace
package import ElectraKernels
package import ElectraModel

/// ElectraForSequenceClassification, at [CLS]:
///
///     logits = out_proj(dropout(gelu(dense(dropout(encoder output)))))
///
/// Learns classes by cross-entropy, or values (one output) by their squared error; the mean over sequences.
package struct SequenceClassificationHead: FineTuningHead {
    package final class Parameters {
        var denseWeight: Tensor
        var denseBias: Tensor
        var outputWeight: Tensor
        var outputBias: Tensor

        init(_ windows: inout ParameterWindows, of tower: Tower, outputs: Int) {
            let prefix = "\(tower.name).classifier"
            let (hidden, normal) = (tower.sizes.hidden, Initializer.truncatedNormal(deviation: tower.initializerRange))
            denseWeight = windows.matrix("\(prefix).dense.weight", outputs: hidden, inputs: hidden, normal)
            outputWeight = windows.matrix("\(prefix).out_proj.weight", outputs: outputs, inputs: hidden, normal)
            denseBias = windows.vector("\(prefix).dense.bias", size: hidden)
            outputBias = windows.vector("\(prefix).out_proj.bias", size: outputs)
        }
    }

    package final class Activations {
        var dense_RH: Tensor
        var activated_RH: Tensor
        /// The logits; the loss turns them into their gradient in place.
        var logits_RK: Tensor
        var gradient_RH: Tensor
        let inputKeep: UnsafeMutablePointer<UInt8>
        let activatedKeep: UnsafeMutablePointer<UInt8>
        var inputMask = DropoutMask.off
        var activatedMask = DropoutMask.off

        init(_ hidden: Int, rows: Int, outputs: Int, arena: Arena) {
            dense_RH = arena.tensor(rows: rows, columns: hidden)
            activated_RH = arena.tensor(rows: rows, columns: hidden)
            logits_RK = arena.tensor(rows: rows, columns: outputs)
            gradient_RH = arena.operand(rows: rows, columns: hidden)
            inputKeep = arena.array(of: UInt8.self, count: rows * hidden)
            activatedKeep = arena.array(of: UInt8.self, count: rows * hidden)
        }
    }

    package let description: TaskHeadDescription
    package let readsEveryToken = false
    private var outputs: Int { description.labels.count }
    private var learnsValues: Bool { description.problem == .regression }

    /// One label stands for values.
    package init(labels: [String], learnsValues: Bool) {
        description = TaskHeadDescription(
            .sequenceClassification, labels: labels, problem: learnsValues ? .regression : .singleLabel)
    }

    package func parameters(_ windows: inout ParameterWindows, of tower: Tower) -> Parameters {
        Parameters(&windows, of: tower, outputs: outputs)
    }

    package func activations(sequences: Int, tokens: Int, of tower: Tower, arena: Arena) -> Activations {
        Activations(tower.sizes.hidden, rows: sequences, outputs: outputs, arena: arena)
    }

    package func forward(
        _ p: Parameters, _ a: Activations, encoded_RH: inout Tensor, _ batch: LabelledBatch, dropout: DropoutSource
    ) {
        let (R, H) = (batch.rowCount, encoded_RH.columns)
        a.inputMask = dropout.headMask(0, batch: batch.sequences, read: batch.rows, columns: H, a.inputKeep)
        Dropout.apply(&encoded_RH, rows: R, mask: a.inputMask)
        Linear.forward(into: &a.dense_RH, x: encoded_RH, rows: R, weight: p.denseWeight)
        GELU.forward(into: &a.activated_RH, x: a.dense_RH, bias: p.denseBias, rows: R)
        a.activatedMask = dropout.headMask(1, batch: batch.sequences, read: batch.rows, columns: H, a.activatedKeep)
        Dropout.apply(&a.activated_RH, rows: R, mask: a.activatedMask)
        Linear.forward(into: &a.logits_RK, x: a.activated_RH, rows: R, weight: p.outputWeight, bias: p.outputBias)
    }

    package func outputCount(of example: EncodedExample) -> Int { outputs }

    package func outputs(
        _ a: Activations, ofSequence sequence: Int, _ batch: LabelledBatch
    ) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: a.logits_RK.base + sequence * outputs, count: outputs)
    }

    package func denominator(of batch: LabelledBatch) -> Int { batch.sequences.sequenceCount }

    package func loss(_ a: Activations, _ batch: LabelledBatch, gradientScale: Float) -> Double {
        guard learnsValues else {
            return RowCrossEntropy.loss(&a.logits_RK, targets: batch.targets, rows: batch.rowCount, gradientScale)
        }
        var sum = 0.0
        for row in 0..<batch.rowCount {
            let error = a.logits_RK.base[row] - batch.targets[row]
            sum += Double(error) * Double(error)
            a.logits_RK.base[row] = gradientScale * 2 * error
        }
        return sum
    }

    package func backward(
        _ p: Parameters, adding d: Parameters, _ a: Activations, encoded_RH: borrowing Tensor,
        into gradient_RH: inout Tensor, _ batch: LabelledBatch
    ) {
        let R = batch.rowCount
        Linear.backward(
            addingWeight: &d.outputWeight, addingBias: &d.outputBias, dy: a.logits_RK, x: a.activated_RH, rows: R)
        Linear.backward(into: &a.gradient_RH, dy: a.logits_RK, rows: R, weight: p.outputWeight)
        Dropout.apply(&a.gradient_RH, rows: R, mask: a.activatedMask)
        GELU.backward(
            &a.gradient_RH, recomputing: &a.activated_RH, addingBias: &d.denseBias, x: a.dense_RH, bias: p.denseBias,
            rows: R)
        Linear.backward(addingWeight: &d.denseWeight, dy: a.gradient_RH, x: encoded_RH, rows: R)
        Linear.backward(into: &gradient_RH, dy: a.gradient_RH, rows: R, weight: p.denseWeight)
        Dropout.apply(&gradient_RH, rows: R, mask: a.inputMask)
    }
}

/// loss = -log softmax(z)[target], row by row.
enum RowCrossEntropy {
    /// The sum over the rows. Turns them into `gradientScale` x their gradient.
    static func loss(
        _ logits: inout Tensor, targets: UnsafePointer<Float>, rows: Int, _ gradientScale: Float
    ) -> Double {
        var sum = 0.0
        for row in 0..<rows {
            let values = logits.base + row * logits.columns
            let prediction = VocabularySoftmax.prediction(row: values, count: logits.columns)
            sum += VocabularySoftmax.crossEntropy(
                row: values, count: logits.columns, prediction: prediction, target: Int32(targets[row]),
                gradientScale: gradientScale)
        }
        return sum
    }
}
