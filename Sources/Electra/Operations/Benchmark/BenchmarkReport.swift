/// Where the time of a training step goes, measured on the step itself.
public struct BenchmarkReport: Sendable {
    /// What the lanes of rank 0 spent on one kind of kernel in a step, on average of the steps.
    public struct Row: Sendable {
        public let title: String
        /// Summed over the lanes.
        public let seconds: Double
        public let calls: Double
        public let operations: Double
        public let bytes: Double
    }

    public let preset: String
    public let precision: String
    public let batch: Int
    public let length: Int
    public let ranks: Int
    public let threads: Int
    /// One number a step; the median is what counts.
    public let stepSeconds: [Double]
    /// Of the global batch.
    public let tokens: Int
    public let rows: [Row]
    /// Multiplications and additions a second that one lane reaches in a product, measured before the steps and after
    /// them, all lanes at once.
    public let productRates: [Double]
    public let residentBytes: Int

    public var medianSeconds: Double { stepSeconds.sorted()[stepSeconds.count / 2] }
    public var meanSeconds: Double { stepSeconds.reduce(0, +) / Double(stepSeconds.count) }
    public var tokensPerSecond: Double { Double(tokens) / medianSeconds }
    public var productRate: Double { productRates.reduce(0, +) / Double(productRates.count) }
    /// Of the steps' products, by what all lanes of rank 0 could do at the measured rate.
    public var utilisation: Double {
        let operations = rows.reduce(0) { $0 + $1.operations }
        return operations / (medianSeconds * productRate * Double(threads))
    }
}
