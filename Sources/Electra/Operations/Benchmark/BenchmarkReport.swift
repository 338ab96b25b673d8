package import ElectraTraining

/// Where the time of a training step goes, measured on the step itself.
package struct BenchmarkReport: Sendable {
    /// What the lanes of rank 0 spent on one kind of kernel in a step, on average of the steps.
    package struct Row: Sendable {
        package let title: String
        /// Summed over the lanes.
        package let seconds: Double
        package let calls: Double
        package let operations: Double
        package let bytes: Double
    }

    /// What was trained: "preset small".
    package let title: String
    package let precision: String
    package let batch: Int
    /// Of all sequences; nil where they have lengths of their own.
    package let length: Int?
    package let ranks: Int
    package let threads: Int
    /// One number a step; the median is what counts.
    package let stepSeconds: [Double]
    /// Of a global batch; the mean.
    package let tokens: Int
    package let rows: [Row]
    /// Multiplications and additions a second that one lane reaches in a product, measured before the steps and after
    /// them, all lanes at once.
    package let productRates: [Double]
    package let instructionPeak: InstructionPeak?
    package let residentBytes: Int
    /// Nil for a rank alone.
    package let communication: CommunicationReport?

    package var medianSeconds: Double { stepSeconds.sorted()[stepSeconds.count / 2] }
    package var meanSeconds: Double { stepSeconds.reduce(0, +) / Double(stepSeconds.count) }
    package var tokensPerSecond: Double { Double(tokens) / (length == nil ? meanSeconds : medianSeconds) }
    package var productRate: Double { productRates.reduce(0, +) / Double(productRates.count) }
    /// Of the steps' products, by what all lanes of rank 0 could do at the measured rate.
    package var utilisation: Double { share(ofRate: productRate) }

    func share(ofRate rate: Double) -> Double {
        let operations = rows.reduce(0) { $0 + $1.operations }
        // Where steps differ in what there is to do, a median one says nothing.
        let seconds = length == nil ? meanSeconds : medianSeconds
        return operations / (seconds * rate * Double(threads))
    }
}
