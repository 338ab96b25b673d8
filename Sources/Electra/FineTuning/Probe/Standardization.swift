/// Brings each column to mean 0 and deviation 1 on the examples that it is made of.
struct Standardization {
    private let means: [Double]
    /// 1 / deviation; 0 of a column that never changes.
    private let scales: [Double]

    init(of vectors: [Float], width: Int) {
        let rows = Double(max(vectors.count / width, 1))
        var (means, squares) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
        for (place, value) in vectors.enumerated() { means[place % width] += Double(value) / rows }
        for (place, value) in vectors.enumerated() {
            let difference = Double(value) - means[place % width]
            squares[place % width] += difference * difference / rows
        }
        self.means = means
        scales = zip(means, squares).map { mean, square in
            // Less is what rounding makes of one number.
            square.squareRoot() > 1e-7 * abs(mean) ? 1 / square.squareRoot() : 0
        }
    }

    func apply(to vectors: inout [Float]) {
        for place in vectors.indices {
            let column = place % means.count
            vectors[place] = Float((Double(vectors[place]) - means[column]) * scales[column])
        }
    }
}
