/// Whether the words that a discriminator found are more than blind guesses would find.
package struct FindsAgainstChance: Sendable {
    package let count: Int
    package let found: Int
    /// What blind guesses find, on average, and the standard deviation of that.
    package let expected: Double
    package let deviation: Double

    package init(_ examples: [ReplacementDemonstration.Example]) {
        self.init(found: examples.count(where: \.isFound), chances: examples.map(\.chance))
    }

    package init(found: Int, chances: [Double]) {
        self.found = found
        count = chances.count
        expected = chances.reduce(0, +)
        deviation = chances.reduce(0) { $0 + $1 * (1 - $1) }.squareRoot()
    }

    /// Nineteen of twenty times blind guesses are within two deviations.
    private var reach: Double { 2 * deviation }

    /// "blind guesses would find 16, give or take 8: that is no better than guessing".
    package var comparison: String {
        "blind guesses would find \(Int(expected.rounded())), give or take \(Int(reach.rounded(.up))): \(verdict)"
    }

    private var verdict: String {
        if count < 30 { return "these are too few sentences to tell" }
        switch Double(found) - expected {
        case reach...: return "that is better than guessing"
        case ..<(-reach): return "that is worse than guessing"
        default: return "that is no better than guessing"
        }
    }

    /// Some of `examples`, from first to last in even steps, whatever was found in them.
    package static func draw(_ most: Int, of examples: [ReplacementDemonstration.Example])
        -> [ReplacementDemonstration.Example]
    {
        let count = min(most, examples.count)
        return (0..<count).map { examples[$0 * examples.count / count] }
    }
}
