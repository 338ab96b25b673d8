package import ElectraKernels
package import ElectraModel
import ElectraSupport
package import ElectraTraining

/// An encoder and a head, learning labelled examples together.
package final class FineTuningTask<Head: FineTuningHead>: TrainingTask {
    /// Layers and head, then the embeddings; see `ElectraObjective`.
    package final class Parameters {
        let tower: Tower.Parameters
        let head: Head.Parameters

        init(_ windows: inout ParameterWindows, of tower: Tower, _ head: Head) {
            let layers = Tower.Layers(&windows, of: tower)
            self.head = head.parameters(&windows, of: tower)
            self.tower = Tower.Parameters(
                embeddings: Embeddings.Parameters(&windows, of: tower), layers: layers)
        }
    }

    package final class Workspace {
        let tower: Tower.Activations
        let head: Head.Activations

        init(tower: Tower.Activations, head: Head.Activations) {
            self.tower = tower
            self.head = head
        }
    }

    package let tower: Tower
    package let head: Head
    /// Tokens of the longest sequence.
    package let maximumLength: Int
    private let dropout: DropoutRates
    private let headDropout: DropoutRates

    /// `headDropout` is the rate at the head, where that is another.
    package init(tower: Tower, head: Head, maximumLength: Int, dropout: DropoutRates, headDropout: Float) {
        self.tower = tower
        self.head = head
        self.maximumLength = maximumLength
        self.dropout = dropout
        var rates = dropout
        rates.hidden = headDropout
        self.headDropout = rates
    }

    package let losses = [LossTerm(name: "loss", weight: 1, metric: "loss", accuracy: "", digits: 4)]
    package let metricCounts = 0

    package func parameters(_ windows: inout ParameterWindows) -> Parameters { Parameters(&windows, of: tower, head) }

    package func makeBatch(sequences: Int, arena: Arena) -> LabelledBatch {
        LabelledBatch(maximumSequences: sequences, maximumLength: maximumLength, arena: arena)
    }

    package func makeWorkspace(sequences: Int, arena: Arena) -> Workspace {
        makeWorkspace(sequences: sequences, tokens: sequences * maximumLength, keepsLayers: true, arena: arena)
    }

    /// Without `keepsLayers`, to run forward only.
    func makeWorkspace(sequences: Int, tokens: Int, keepsLayers: Bool, arena: Arena) -> Workspace {
        Workspace(
            tower: Tower.Activations(
                tower.sizes, tokens: tokens, maximumLength: maximumLength, keepsLayers: keepsLayers, arena: arena),
            head: head.activations(sequences: sequences, tokens: tokens, of: tower, arena: arena))
    }

    package func length(of example: Int, in examples: [EncodedExample]) -> Int? { examples[example].ids.count }

    package func fill(
        _ batch: LabelledBatch, with chosen: UnsafeBufferPointer<ChosenExample>, of examples: [EncodedExample],
        _ workspace: Workspace, _ context: StepContext
    ) {
        for example in chosen { batch.append(examples[example.number], key: example.key) }
    }

    package func denominators(of batch: LabelledBatch) -> LossVector<Int> {
        var counts = LossVector(repeating: 0)
        counts[0] = head.denominator(of: batch)
        return counts
    }

    /// The head's outputs, without a loss.
    func computeOutputs(_ p: Parameters, _ w: Workspace, _ batch: LabelledBatch, _ context: StepContext) {
        tower.forward(
            p.tower, w.tower, ids: batch.sequences.ids, batch: batch.sequences, read: rowsRead(of: batch),
            dropout: dropout.source(network: 0, context))
        head.forward(
            p.head, w.head, encoded_RH: &w.tower.last.output_TH, batch,
            dropout: headDropout.source(network: 1, context))
    }

    package func forward(
        _ p: Parameters, _ w: Workspace, _ batch: LabelledBatch, _ context: StepContext, adding sums: TaskSums
    ) {
        computeOutputs(p, w, batch, context)
        sums.losses[0] += head.loss(w.head, batch, gradientScale: 1 / Float(context.denominators[0]))
    }

    package func backward(_ p: Parameters, adding d: Parameters, _ w: Workspace, _ batch: LabelledBatch) {
        head.backward(
            p.head, adding: d.head, w.head, encoded_RH: w.tower.last.output_TH, into: &w.tower.gradient_TH, batch)
        tower.backward(
            p.tower, adding: d.tower, w.tower, ids: batch.sequences.ids, batch: batch.sequences,
            read: rowsRead(of: batch))
    }

    private func rowsRead(of batch: LabelledBatch) -> SequenceRows? { head.readsEveryToken ? nil : batch.rows }

    package func metrics(losses: LossVector<Double>, counts: UnsafePointer<Int64>) -> Metrics {
        var metrics = Metrics()
        metrics["loss"] = losses[0]
        return metrics
    }
}
