import ElectraFineTuning
import ElectraSupport
import Testing

/// Against scikit-learn.
struct ConfusionMatrixTests {
    @Test func metrics() throws {
        for expected in try metricCases("classification") {
            let classes = try expected.integer("classes")
            var matrix = ConfusionMatrix(classes: classes)
            for (label, prediction) in zip(try expected.integers("expected"), try expected.integers("predicted")) {
                matrix.add(expected: label, predicted: prediction)
            }
            let about: Comment = "\(expected.compact)"
            #expect(agree(matrix.accuracy, try expected.number("accuracy")), about)
            #expect((0..<classes).map(matrix.precision) == (try expected.numbers("precision")), about)
            #expect((0..<classes).map(matrix.recall) == (try expected.numbers("recall")), about)
            for (label, f1) in try expected.numbers("f1").enumerated() {
                #expect(agree(matrix.f1(of: label), f1), about)
            }
            #expect(agree(matrix.macroF1, try expected.number("macro")), about)
            #expect(agree(matrix.matthewsCorrelation, try expected.number("matthews")), about)
        }
    }
}
