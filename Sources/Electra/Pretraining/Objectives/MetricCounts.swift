import ElectraKernels
import ElectraTraining

extension TaskSums {
    func countMasked(isCorrect: Bool, sampleIsCorrect: Bool) {
        counts[MetricCounts.masked] += 1
        counts[MetricCounts.maskedCorrect] += isCorrect ? 1 : 0
        counts[MetricCounts.sampledCorrect] += sampleIsCorrect ? 1 : 0
    }

    func countToken(logit: Float, isReplaced: Bool) {
        let kind = isReplaced ? LogitHistogram.bins : 0
        counts[MetricCounts.histogram + kind + LogitHistogram.bin(of: logit)] += 1
    }

    /// What the reference would fill up.
    func countPadding(_ batch: SequenceBatch, maximumLength: Int) {
        counts[MetricCounts.padding] += Int64(batch.sequenceCount * maximumLength - batch.tokenCount)
    }
}

/// What the metrics of replaced-token detection are made of: where each count stands.
enum MetricCounts {
    static let masked = 0
    static let maskedCorrect = 1
    static let sampledCorrect = 2
    /// So many are of the generator.
    static let generator = 3
    /// Positions that the reference would fill up with padding.
    static let padding = 3
    /// `LogitHistogram.bins` counts of original tokens, then as many of replaced ones.
    static let histogram = 4
    static let size = histogram + 2 * LogitHistogram.bins
}

/// Discriminator logits in 2,048 bins of width 1/64 over -16...16. From how often each was seen at original and at
/// replaced tokens follow accuracy, precision, recall and the area under the ROC curve, exactly summable over lanes and
/// ranks. Only real tokens enter.
enum LogitHistogram {
    static let bins = 2048
    /// Bins from here on hold logits above 0: tokens called replaced. A logit of exactly 0 is below it, as in the
    /// reference's round((sign(z) + 1) / 2), where 0.5 rounds to 0.
    static let firstPositiveBin = bins / 2

    static func bin(of logit: Float) -> Int {
        let scaled = (logit * 64).rounded(.up) - 1
        // Written so that a NaN lands in the lowest bin: the check of the loss reports it, not a trap here.
        return firstPositiveBin + Int(scaled > -1024 ? (scaled < 1023 ? scaled : 1023) : -1024)
    }
}
