import CKernels
import Foundation
import TestSupport
import Testing

@testable import ElectraKernels

/// The two losses: over the vocabulary, and replaced or not.
struct CrossEntropyTests {
    let arena = Arena()

    /// The loss of a row, and what the row became.
    private func run(_ row: [Float], target: Int, gradientScale: Float = 1) -> (loss: Double, gradient: [Float]) {
        let logits = arena.tensor(row, columns: row.count)
        let prediction = VocabularySoftmax.prediction(row: logits.base, count: row.count)
        let loss = VocabularySoftmax.crossEntropy(
            row: logits.base, count: row.count, prediction: prediction, target: Int32(target),
            gradientScale: gradientScale)
        return (loss, logits.checkedValues())
    }

    /// One block of 256, some, more than the 1,024 that sampling has room for. Within a block sums are in Float, so
    /// rounding does not grow with the vocabulary.
    @Test(arguments: [1, 2, 3, 17, 255, 256, 257, 513, 1000, 30_522, 300_000])
    func vocabularyLossAndGradient(_ count: Int) {
        var random = RandomNumbers(seed: count)
        let row = random.normals(count, deviation: 2)
        let gradientScale: Float = 0.3
        for target in [0, count / 2, count - 1] {
            let (loss, gradient) = run(row, target: target, gradientScale: gradientScale)
            let expected = Reference.crossEntropy(doubles(row), target: target)
            // Near 0 the loss is a difference of numbers near the logits.
            #expect(abs(loss - expected) <= roundingBound(terms: 16) * max(expected, 1))
            // The derivative of -log softmax(z)[target]; checked numerically below.
            var softmax = Reference.softmax(doubles(row), columns: count, scale: 1)
            softmax[target] -= 1
            expectClose(
                gradient, softmax.map { $0 * Double(gradientScale) }, bound: roundingBound(terms: 16),
                scale: Double(gradientScale), "gradient")
        }
    }

    @Test(arguments: [1, 3, 17, 65, 300])
    func vocabularyGradientIsTheDerivative(_ count: Int) {
        var random = RandomNumbers(seed: count)
        let row = random.normals(count, deviation: 2)
        let target = random.integer(below: count)
        expectGradient(
            run(row, target: target).gradient, at: row, bound: roundingBound(terms: 16), scale: 1, "logits"
        ) { Reference.crossEntropy($0, target: target) }
    }

    @Test func extremeLogits() {
        // Sure and right; sure and wrong; both ends of the range.
        for (row, target) in [([-80, 80, -80], 1), ([-80, 80, -80], 0), ([3e38, -3e38], 1)] as [([Float], Int)] {
            let (loss, gradient) = run(row, target: target)
            let expected = Reference.crossEntropy(doubles(row), target: target)
            #expect(abs(loss - expected) <= rounding * max(expected, 1))
            var softmax = Reference.softmax(doubles(row), columns: row.count, scale: 1)
            softmax[target] -= 1
            expectClose(gradient, softmax, bound: rounding, scale: 1, "gradient")
        }
        #expect(run([1, .nan, 2], target: 0).loss.isNaN)
    }

    /// Copying mixed with a softmax: -log of the mixture's probability, and its derivatives by the logits and the copy logit; also
    /// where one of both has next to no share.
    @Test(arguments: [1, 17, 300, 30_522], [Float(-9), -1, 0.5, 9])
    func mixtureIsItsDefinitionAndDerivative(_ count: Int, copyLogit: Float) {
        var random = RandomNumbers(seed: count)
        let row = random.normals(count, deviation: 2)
        let (target, other) = (random.integer(below: count), random.integer(below: count))
        for shown in Set([target, other]) {
            func definition(_ row: [Double], _ copy: Double) -> Double {
                let copied = 1 / (1 + exp(-copy))
                let softmax = exp(-Reference.crossEntropy(row, target: target))
                return -log((shown == target ? copied : 0) + (1 - copied) * softmax)
            }
            let logits = arena.tensor(row, columns: count)
            let prediction = VocabularySoftmax.prediction(row: logits.base, count: count)
            let found = VocabularySoftmax.mixtureCrossEntropy(
                row: logits.base, count: count, prediction: prediction, target: Int32(target), shown: Int32(shown),
                copyLogit: copyLogit, gradientScale: 1)
            let expected = definition(doubles(row), Double(copyLogit))
            #expect(abs(found.loss - expected) <= roundingBound(terms: 32) * max(expected, 1))
            expectGradient(
                [found.copyGradient], at: [copyLogit], bound: roundingBound(terms: 32), scale: 1, "copy logit"
            ) { definition(doubles(row), $0[0]) }
            if count <= 300 {
                expectGradient(
                    logits.checkedValues(), at: row, bound: roundingBound(terms: 32), scale: 1, "logits"
                ) { definition($0, Double(copyLogit)) }
            }
            // The likelier one of what is shown and what the softmax has as its best.
            let copied = 1 / (1 + exp(-Double(copyLogit)))
            func share(_ token: Int) -> Double {
                (1 - copied) * exp(-Reference.crossEntropy(doubles(row), target: token))
            }
            let best = Int(prediction.token)
            #expect(Int(found.token) == (copied + share(shown) >= share(best) ? shown : best))
        }
    }

    @Test func firstOfEqualMaximaIsPredicted() {
        for count in [1, 2, 31, 32, 33, 64, 65, 257] {
            for first in Set([0, count / 2, count - 1]) {
                var row = [Float](repeating: -1, count: count)
                for place in first..<count { row[place] = 2 }
                let prediction = VocabularySoftmax.prediction(row: row, count: count)
                #expect(prediction.maximum == 2 && prediction.token == first)
            }
        }
        var random = RandomNumbers(seed: 3)
        let row = random.normals(1000)
        #expect(VocabularySoftmax.prediction(row: row, count: 1000).token == row.firstIndex(of: row.max() ?? 0) ?? -1)
        // Whatever a broken row predicts, it is a token of the vocabulary.
        for row: [Float] in [[.nan, 1], [1, .nan], [.nan, .nan], [-.infinity, -.infinity]] {
            #expect(0..<2 ~= VocabularySoftmax.prediction(row: row, count: 2).token)
        }
    }

    @Test func binaryLossAndGradient() {
        for isPositive in [true, false] {
            let wrong = stride(from: Float(-90), through: 90, by: 0.37).filter { logit in
                let loss = BinaryCrossEntropy.loss(logit: logit, isPositive: isPositive)
                let expected = Reference.binaryCrossEntropy(Double(logit), isPositive: isPositive)
                let slope = derivative(
                    of: { Reference.binaryCrossEntropy($0[0], isPositive: isPositive) }, at: [Double(logit)], by: 0)
                let gradient = Double(BinaryCrossEntropy.gradient(logit: logit, isPositive: isPositive))
                // The loss is in Double; where it is small, it is the difference of two numbers near the logit.
                return
                    !(abs(loss - expected) <= 1e-15 * max(expected, 90)
                    && abs(gradient - slope) <= rounding * abs(slope) + 1e-11)
            }
            #expect(wrong.isEmpty)
        }
        #expect(BinaryCrossEntropy.loss(logit: 1e4, isPositive: false) == 1e4)
        #expect(BinaryCrossEntropy.gradient(logit: -1e4, isPositive: true) == -1)
        #expect(BinaryCrossEntropy.gradient(logit: -1e4, isPositive: false) == 0)
    }
}
