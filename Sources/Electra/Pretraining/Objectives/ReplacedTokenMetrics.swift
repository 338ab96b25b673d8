import ElectraTraining

/// The reference's eight metrics (docs/algorithm.md 9) and the fraction of tokens replaced, over some number of steps.
extension Metrics {
    package var totalLoss: Double {
        get { self["total_loss"] }
        set { self["total_loss"] = newValue }
    }
    package var mlmLoss: Double {
        get { self["mlm_loss"] }
        set { self["mlm_loss"] = newValue }
    }
    package var discLoss: Double {
        get { self["disc_loss"] }
        set { self["disc_loss"] = newValue }
    }
    package var maskedLMAccuracy: Double {
        get { self["masked_lm_accuracy"] }
        set { self["masked_lm_accuracy"] = newValue }
    }
    package var sampledMaskedLMAccuracy: Double {
        get { self["sampled_masked_lm_accuracy"] }
        set { self["sampled_masked_lm_accuracy"] = newValue }
    }
    package var discAccuracy: Double {
        get { self["disc_accuracy"] }
        set { self["disc_accuracy"] = newValue }
    }
    /// Of the tokens called replaced, how many were; 0 where none was called so.
    package var discPrecision: Double {
        get { self["disc_precision"] }
        set { self["disc_precision"] = newValue }
    }
    /// Of the tokens replaced, how many were found.
    package var discRecall: Double {
        get { self["disc_recall"] }
        set { self["disc_recall"] = newValue }
    }
    /// Area under the ROC curve: the chance that a replaced token scores above an original one; 0.5 where there are
    /// none of one kind.
    package var discAUC: Double {
        get { self["disc_auc"] }
        set { self["disc_auc"] = newValue }
    }
    /// The same as the reference computes it: padding counts as original tokens with probability 0, all ordered right,
    /// which flatters. To compare with its numbers only.
    package var discAUCWithPadding: Double {
        get { self["disc_auc_with_padding"] }
        set { self["disc_auc_with_padding"] = newValue }
    }
    package var replacedFraction: Double {
        get { self["replaced_fraction"] }
        set { self["replaced_fraction"] = newValue }
    }

    mutating func countGenerator(_ counts: UnsafePointer<Int64>) {
        let masked = Double(max(counts[MetricCounts.masked], 1))
        maskedLMAccuracy = Double(counts[MetricCounts.maskedCorrect]) / masked
        sampledMaskedLMAccuracy = Double(counts[MetricCounts.sampledCorrect]) / masked
    }

    /// `counts` as laid out by `MetricCounts`; losses as means.
    package init(counts: UnsafePointer<Int64>, mlmLoss: Double, discLoss: Double, options: ObjectiveOptions) {
        self.init()
        totalLoss = Double(options.generatorWeight) * mlmLoss + Double(options.discriminatorWeight) * discLoss
        self.mlmLoss = mlmLoss
        self.discLoss = discLoss
        countGenerator(counts)
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
