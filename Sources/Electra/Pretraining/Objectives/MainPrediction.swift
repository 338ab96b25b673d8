import ElectraTraining

/// What is measured where a generator's samples stand in the text, and the main network predicts tokens, too.
enum MainPrediction {
    /// Both losses weigh the same, as in BERT's and the generator's own; the paper names no other weight.
    static let loss = LossTerm(
        name: "main", weight: 1, metric: "main_mlm_loss", accuracy: "main_masked_lm_accuracy")

    /// Behind what `TaskSums.countMasked` counts of the generator.
    static let guesses = PredictionCounts(at: MetricCounts.generator)
    static let metricCounts = MetricCounts.generator + PredictionCounts.size

    static func metrics(
        losses: LossVector<Double>, terms: [LossTerm], counts: UnsafePointer<Int64>
    ) -> Metrics {
        var metrics = Metrics()
        metrics.totalLoss = terms.indices.reduce(0) { $0 + Double(terms[$1].weight) * losses[$1] }
        metrics.mlmLoss = losses[0]
        metrics.countGenerator(counts)
        metrics[loss.metric] = losses[1]
        metrics[loss.accuracy] = guesses.accuracy(counts)
        return metrics
    }
}
