import TestSupport
import Testing

@testable import ElectraPretraining
@testable import ElectraTraining

/// Metrics from counts: against brute force over pairs of tokens.
struct MetricsTests {
    private let options = ObjectiveOptions()

    private func metrics(_ tokens: [(logit: Float, isReplaced: Bool)], masked: [(Bool, Bool)] = []) -> Metrics {
        var counts = [Int64](repeating: 0, count: MetricCounts.size)
        // Nothing here adds to losses.
        let losses = UnsafeMutablePointer<Double>(bitPattern: 64)!
        counts.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let sums = TaskSums(losses: losses, counts: base)
            for (isCorrect, sampleIsCorrect) in masked {
                sums.countMasked(isCorrect: isCorrect, sampleIsCorrect: sampleIsCorrect)
            }
            for token in tokens { sums.countToken(logit: token.logit, isReplaced: token.isReplaced) }
        }
        return Metrics(counts: counts, mlmLoss: 2, discLoss: 0.5, options: options)
    }

    @Test func bins() {
        #expect(LogitHistogram.bin(of: 0) == LogitHistogram.firstPositiveBin - 1)
        #expect(LogitHistogram.bin(of: -0.0) == LogitHistogram.firstPositiveBin - 1)
        #expect(LogitHistogram.bin(of: .leastNonzeroMagnitude * 64) == LogitHistogram.firstPositiveBin)
        #expect(LogitHistogram.bin(of: -1e-6) == LogitHistogram.firstPositiveBin - 1)
        // A bin holds (n / 64, (n + 1) / 64].
        #expect(LogitHistogram.bin(of: 1 / 64) == LogitHistogram.firstPositiveBin)
        #expect(LogitHistogram.bin(of: (1 / 64 as Float).nextUp) == LogitHistogram.firstPositiveBin + 1)
        for logit: Float in [16, 17, 1e30, .infinity] { #expect(LogitHistogram.bin(of: logit) == 2047) }
        for logit: Float in [-16, -17, -1e30, -.infinity, .nan] { #expect(LogitHistogram.bin(of: logit) == 0) }
        let bins = stride(from: Float(-20), through: 20, by: 0.003).map(LogitHistogram.bin)
        #expect(zip(bins, bins.dropFirst()).allSatisfy { $0 <= $1 && $1 - $0 <= 1 })
        #expect(Set(bins).count == LogitHistogram.bins)
    }

    @Test func smallCase() {
        // Of three replaced tokens two are found, of four original ones one is taken for replaced.
        let metrics = metrics(
            [(2, true), (0.5, true), (-1, true), (1, false), (-0.5, false), (-2, false), (0, false)],
            masked: [(true, true), (true, false), (false, false), (false, true), (false, false)])
        #expect(metrics.totalLoss == 27 && metrics.mlmLoss == 2 && metrics.discLoss == 0.5)
        #expect(metrics.maskedLMAccuracy == 0.4 && metrics.sampledMaskedLMAccuracy == 0.4)
        #expect(metrics.discAccuracy == 5 / 7.0)
        #expect(metrics.discPrecision == 2 / 3.0 && metrics.discRecall == 2 / 3.0)
        // 2 beats 4 original tokens, 0.5 beats 3, -1 beats 1.
        #expect(metrics.discAUC == 8 / 12.0)
        #expect(metrics.replacedFraction == 3 / 7.0)
    }

    @Test func areaIsTheShareOfOrderedPairs() {
        for spread: Float in [0.02, 1, 30] {
            var random = RandomNumbers(seed: Int(spread * 100))
            // Multiples of half a bin: many ties, many pairs in one bin.
            let tokens = (0..<300).map { _ in
                let isReplaced = random.uniform() < 0.15
                let logit = (random.normal() * spread + (isReplaced ? spread / 2 : 0)) * 128
                return (logit: logit.rounded() / 128, isReplaced: isReplaced)
            }
            var wins = 0.0
            var pairs = 0.0
            for replaced in tokens where replaced.isReplaced {
                for original in tokens where !original.isReplaced {
                    let (r, o) = (LogitHistogram.bin(of: replaced.logit), LogitHistogram.bin(of: original.logit))
                    wins += r > o ? 1 : r == o ? 0.5 : 0
                    pairs += 1
                }
            }
            let metrics = metrics(tokens)
            #expect(abs(metrics.discAUC - wins / pairs) < 1e-12)
            let called = tokens.count { $0.logit > 0 }
            let found = tokens.count { $0.logit > 0 && $0.isReplaced }
            let replaced = tokens.count { $0.isReplaced }
            #expect(metrics.discPrecision == Double(found) / Double(called))
            #expect(metrics.discRecall == Double(found) / Double(replaced))
            let right = tokens.count { ($0.logit > 0) == $0.isReplaced }
            #expect(abs(metrics.discAccuracy - Double(right) / 300) < 1e-12)
        }
    }

    @Test func nothingOfOneKind() {
        #expect(metrics([]).discAUC == 0.5)
        let originals = metrics([(1, false), (-1, false)])
        #expect(originals.discAUC == 0.5 && originals.discRecall == 0 && originals.discPrecision == 0)
        #expect(originals.discAccuracy == 0.5)
        #expect(metrics([(1, true)]).discAUC == 0.5)
    }
}
