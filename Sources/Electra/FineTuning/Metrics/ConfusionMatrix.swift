/// How often each class was taken for each: what the metrics of classification are made of. All of them are fractions,
/// not percentages, and 0 where a denominator is 0.
package struct ConfusionMatrix: Sendable, Equatable {
    package let classes: Int
    /// [classes, classes]: a row for each expected class.
    private var counts: [Int]

    package init(classes: Int) {
        self.classes = classes
        counts = Array(repeating: 0, count: classes * classes)
    }

    package mutating func add(expected: Int, predicted: Int) {
        precondition((0..<classes).contains(expected) && (0..<classes).contains(predicted), "no such class")
        counts[expected * classes + predicted] += 1
    }

    package var examples: Int { counts.reduce(0, +) }

    package var accuracy: Double { ratio(right, examples) }

    /// Of the examples called so, how many are.
    package func precision(of label: Int) -> Double { ratio(right(label), predicted(label)) }

    /// Of the examples that are, how many are called so.
    package func recall(of label: Int) -> Double { ratio(right(label), expected(label)) }

    /// The harmonic mean of precision and recall, 2 right / (expected + predicted).
    package func f1(of label: Int) -> Double { ratio(2 * right(label), expected(label) + predicted(label)) }

    /// The mean of the F1 of all classes that are expected or predicted anywhere, as scikit-learn's `f1_score` with
    /// average="macro" has it: a class that never occurs does not count.
    package var macroF1: Double {
        let occurring = (0..<classes).filter { expected($0) + predicted($0) > 0 }
        return occurring.isEmpty ? 0 : occurring.map(f1(of:)).reduce(0, +) / Double(occurring.count)
    }

    /// The Matthews correlation of any number of classes (Gorodkin 2004, R_K; scikit-learn's `matthews_corrcoef`): with
    /// n examples of which c are right, e_k expected and p_k predicted of class k,
    ///
    ///     (c n - sum_k e_k p_k) / sqrt((n^2 - sum_k e_k^2) (n^2 - sum_k p_k^2))
    ///
    /// which is Pearson's correlation for two classes. 0 where all examples are, or are called, of one class.
    package var matthewsCorrelation: Double {
        let expected = (0..<classes).map(expected), predicted = (0..<classes).map(predicted)
        func product(_ a: [Int], _ b: [Int]) -> Int { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        let covariance = right * examples - product(expected, predicted)
        let expectedVariance = examples * examples - product(expected, expected)
        let predictedVariance = examples * examples - product(predicted, predicted)
        if expectedVariance == 0 || predictedVariance == 0 { return 0 }
        return Double(covariance) / (Double(expectedVariance) * Double(predictedVariance)).squareRoot()
    }

    private var right: Int { (0..<classes).map(right).reduce(0, +) }
    private func right(_ label: Int) -> Int { counts[label * classes + label] }
    private func expected(_ label: Int) -> Int { (0..<classes).reduce(0) { $0 + counts[label * classes + $1] } }
    private func predicted(_ label: Int) -> Int { (0..<classes).reduce(0) { $0 + counts[$1 * classes + label] } }
}
