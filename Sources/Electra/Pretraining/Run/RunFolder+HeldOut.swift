package import ElectraCorpus
package import ElectraSupport
package import ElectraTraining

/// How well a checkpoint of a run does on held-out text, as far as anybody looked.
package struct HeldOutFigures {
    /// Of the checkpoint that was measured.
    let step: Int
    let metrics: Metrics
    /// The text, where it is other than that of the run.
    let otherText: String?
}

extension RunFolder {
    /// Of just this checkpoint, if there are such: by `evaluate`, over all held-out sequences of the run's data, or else by the
    /// run itself, or else on other text. If not, what the run measured last before it.
    package func heldOut(_ checkpoint: RunCheckpoint) -> HeldOutFigures? {
        let step = checkpoint.manifest.step
        let data = checkpoint.configuration.data
        let evaluation = evaluations.last(ofCheckpoint: checkpoint.manifest.fingerprint, data: data)
        let own = metrics.lastHeldOut(upTo: step)
        if let evaluation, evaluation.data == data || own?.step != step {
            return HeldOutFigures(
                step: step, metrics: evaluation.metrics, otherText: evaluation.data == data ? nil : evaluation.text)
        }
        return own.map { HeldOutFigures(step: $0.step, metrics: $0.metrics, otherText: nil) }
    }

    /// Keeps what was measured, for model cards and `inspect`.
    package func record(_ metrics: Metrics, of checkpoint: CheckpointManifest, on data: DataSet) throws(Failure) {
        try evaluations.append(
            EvaluationLog.Entry(
                step: checkpoint.step, fingerprint: checkpoint.fingerprint, data: data.identity,
                text: data.manifest.sourceNames, sequences: data.heldOut.count, metrics: metrics))
    }

    /// The newest checkpoint's figures, and what they mean; nothing where none is known.
    package func heldOutLines(_ checkpoint: RunCheckpoint) -> [String] {
        guard let figures = heldOut(checkpoint) else { return [] }
        let m = figures.metrics
        let main = (loss: m[MainPrediction.loss.metric], accuracy: m[MainPrediction.loss.accuracy])
        // Those that the objective has.
        let parts = [
            "MLM loss \(decimal(m.mlmLoss, 3)), accuracy \(decimal(100 * m.maskedLMAccuracy, 1)) %",
            m.discLoss.isNaN
                ? nil
                : "RTD loss \(decimal(m.discLoss, 4)), accuracy \(decimal(100 * m.discAccuracy, 1)) %, "
                    + "AUC \(decimal(m.discAUC, 3))",
            main.loss.isNaN
                ? nil : "main loss \(decimal(main.loss, 3)), accuracy \(decimal(100 * main.accuracy, 1)) %",
        ]
        let line =
            "step \(figures.step)\(figures.otherText.map { ", on \($0)" } ?? ""): "
            + parts.compactMap(\.self).joined(separator: "; ")
        return [line] + FiguresInWords(m, of: checkpoint.configuration).sentences
    }
}
