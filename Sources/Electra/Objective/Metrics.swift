import Foundation

/// The reference's eight metrics (docs/algorithm.md 9) and the fraction of tokens replaced, over some number of steps.
public struct Metrics: Sendable, Equatable {
    public var totalLoss = 0.0
    public var mlmLoss = 0.0
    public var discLoss = 0.0
    public var maskedLMAccuracy = 0.0
    public var sampledMaskedLMAccuracy = 0.0
    public var discAccuracy = 0.0
    /// Of the tokens called replaced, how many were; 0 where none was called so.
    public var discPrecision = 0.0
    /// Of the tokens replaced, how many were found.
    public var discRecall = 0.0
    /// Area under the ROC curve: the chance that a replaced token scores above an original one; 0.5 where there are
    /// none of one kind.
    public var discAUC = 0.5
    /// The same as the reference computes it: padding counts as original tokens with probability 0, all ordered right,
    /// which flatters. To compare with its numbers only.
    public var discAUCWithPadding = 0.5
    public var replacedFraction = 0.0

    init() {}

    /// `counts` as laid out by `MetricCounts`; losses as means.
    init(counts: UnsafePointer<Int64>, mlmLoss: Double, discLoss: Double, options: ObjectiveOptions) {
        self.mlmLoss = mlmLoss
        self.discLoss = discLoss
        totalLoss = Double(options.generatorWeight) * mlmLoss + Double(options.discriminatorWeight) * discLoss
        let masked = Double(max(counts[MetricCounts.masked], 1))
        maskedLMAccuracy = Double(counts[MetricCounts.maskedCorrect]) / masked
        sampledMaskedLMAccuracy = Double(counts[MetricCounts.sampledCorrect]) / masked

        let original = counts + MetricCounts.histogram
        let replaced = original + LogitHistogram.bins
        var originals = 0.0, replaceds = 0.0, falseAlarms = 0.0, found = 0.0
        // Pairs (replaced, original) in which the replaced one scores higher; a tie counts half.
        var orderedPairs = 0.0
        for bin in 0..<LogitHistogram.bins {
            let o = Double(original[bin]), r = Double(replaced[bin])
            orderedPairs += r * (originals + o / 2)
            originals += o
            replaceds += r
            if bin >= LogitHistogram.firstPositiveBin {
                falseAlarms += o
                found += r
            }
        }
        let all = max(originals + replaceds, 1)
        discAccuracy = (originals - falseAlarms + found) / all
        discPrecision = found / max(found + falseAlarms, 1)
        discRecall = found / max(replaceds, 1)
        discAUC = originals > 0 && replaceds > 0 ? orderedPairs / (originals * replaceds) : 0.5
        let padding = Double(counts[MetricCounts.padding])
        discAUCWithPadding = (discAUC * originals + padding) / max(originals + padding, 1)
        replacedFraction = replaceds / all
    }
}

extension Metrics {
    /// Names as in metrics.jsonl, in reading order.
    private static let names: [(name: String, path: any WritableKeyPath<Metrics, Double> & Sendable)] = [
        ("total_loss", \.totalLoss), ("mlm_loss", \.mlmLoss), ("disc_loss", \.discLoss),
        ("masked_lm_accuracy", \.maskedLMAccuracy), ("sampled_masked_lm_accuracy", \.sampledMaskedLMAccuracy),
        ("disc_accuracy", \.discAccuracy), ("disc_precision", \.discPrecision), ("disc_recall", \.discRecall),
        ("disc_auc", \.discAUC), ("disc_auc_with_padding", \.discAUCWithPadding),
        ("replaced_fraction", \.replacedFraction),
    ]

    public var named: [(name: String, value: Double)] {
        Self.names.map { (name: $0.name, value: self[keyPath: $0.path]) }
    }

    /// As they were logged; what is missing, or null, is not known.
    init(named values: [String: Any]) {
        self.init()
        for (name, path) in Self.names { self[keyPath: path] = (values[name] as? NSNumber)?.doubleValue ?? .nan }
    }
}
