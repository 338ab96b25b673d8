/// How well two series of numbers go together, from -1 to 1, as scipy computes it. NaN where it is undefined: where one
/// series is constant or has a NaN, or where there are less than two pairs.
package enum Correlation {
    /// Pearson's: with x and y less their means, sum x y / sqrt(sum x^2 sum y^2) (scipy's `pearsonr`).
    package static func pearson(_ x: [Double], _ y: [Double]) -> Double {
        precondition(x.count == y.count, "a correlation is one of pairs")
        guard let x = direction(x), let y = direction(y) else { return .nan }
        let correlation = zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
        // Rounding may go beyond; a NaN stays one.
        return correlation.isNaN ? .nan : min(max(correlation, -1), 1)
    }

    /// Spearman's: Pearson's correlation of the ranks, where those who are equal share the mean of theirs (scipy's
    /// `spearmanr`).
    package static func spearman(_ x: [Double], _ y: [Double]) -> Double {
        if (x + y).contains(where: \.isNaN) { return .nan }
        return pearson(ranks(x), ranks(y))
    }

    /// The series less its mean, of length 1; nil of a constant. The mean of equal numbers may be rounded to another
    /// one, and what is left would be nothing but that.
    private static func direction(_ series: [Double]) -> [Double]? {
        if series.allSatisfy({ $0 == series[0] }) { return nil }
        let mean = series.reduce(0, +) / Double(series.count)
        let deviations = series.map { $0 - mean }
        // Squares of very large or small numbers are none.
        let largest = deviations.reduce(0) { max($0, abs($1)) }
        let scaled = deviations.map { $0 / largest }
        let length = scaled.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return scaled.map { $0 / length }
    }

    /// From 1, in the order of the series.
    private static func ranks(_ series: [Double]) -> [Double] {
        let order = series.indices.sorted { series[$0] < series[$1] }
        var ranks = series
        var begin = 0
        while begin < order.count {
            let equal = order[begin...].prefix { series[$0] == series[order[begin]] }
            // The mean of begin + 1, ..., equal.endIndex.
            for index in equal { ranks[index] = Double(begin + 1 + equal.endIndex) / 2 }
            begin = equal.endIndex
        }
        return ranks
    }
}
