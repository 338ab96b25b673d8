import ElectraFineTuning
import ElectraSupport
import Testing

/// Against scipy.
struct CorrelationTests {
    @Test func correlations() throws {
        for expected in try metricCases("correlation") {
            let (x, y) = (try expected.numbers("x"), try expected.numbers("y"))
            let pearson = Correlation.pearson(x, y), spearman = Correlation.spearman(x, y)
            #expect(agree(pearson, try expected.number("pearson")), "\(expected.compact)")
            #expect(agree(spearman, try expected.number("spearman")), "\(expected.compact)")
            #expect(pearson.isNaN || abs(pearson) <= 1)
            // Neither knows which series is which.
            #expect(agree(Correlation.pearson(y, x), pearson) && agree(Correlation.spearman(y, x), spearman))
        }
    }

    @Test func notNumbers() {
        #expect(
            Correlation.pearson([1, .nan, 3], [1, 2, 3]).isNaN && Correlation.spearman([1, .nan, 3], [1, 2, 3]).isNaN)
        // Infinity has a rank and no deviation.
        #expect(Correlation.pearson([1, 2, .infinity], [1, 2, 3]).isNaN)
        #expect(agree(Correlation.spearman([1, 2, .infinity], [1, 2, 3]), 1))
    }
}
