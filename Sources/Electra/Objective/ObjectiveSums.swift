/// What losses and metrics are made of, summed over some sequences. Losses are summed along the fixed tree of slices;
/// counts are whole numbers, so the order in which they are added cannot show.
struct ObjectiveSums {
    var maskedLoss = 0.0
    var replacedLoss = 0.0

    var masked = 0
    var maskedCorrect = 0
    var sampledCorrect = 0
    var tokens = 0
    /// How often each logit was seen at original and at replaced tokens; not owned.
    let histogram: LogitHistogram

    init(histogram: LogitHistogram) {
        self.histogram = histogram
    }

    mutating func count(logit: Float, isReplaced: Bool) {
        histogram.add(logit: logit, isReplaced: isReplaced)
    }
}

/// Counts of discriminator logits in 2,048 bins of width 1/64 over -16..16, for original and for replaced tokens. From
/// it follow accuracy, precision, recall and the area under the ROC curve, exactly summable over lanes and ranks. Only
/// real tokens enter; the reference lets padding in as (original, probability 0), which flatters its AUC.
struct LogitHistogram {
    static let bins = 2048
    static let zeroBin = bins / 2
    /// `bins` counts of original tokens, then `bins` of replaced ones.
    let counts: UnsafeMutablePointer<Int64>

    static var size: Int { 2 * bins }

    func add(logit: Float, isReplaced: Bool) {
        // Logits of exactly 0 count as "original", as in the reference's round((sign(z) + 1) / 2) = round(0.5) = 0.
        let scaled = (logit * 64).rounded(.up) - 1
        // Written so that a NaN lands in the lowest bin: the loss reports it, not a trap here.
        let bin = Self.zeroBin + Int(scaled > -1024 ? (scaled < 1023 ? scaled : 1023) : -1024)
        counts[(isReplaced ? Self.bins : 0) + bin] += 1
    }
}
