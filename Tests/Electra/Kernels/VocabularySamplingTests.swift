import CKernels
import Foundation
import TestSupport
import Testing

@testable import ElectraKernels

/// Draws from the generator's distribution with one uniform number each.
struct VocabularySamplingTests {
    private func draw(_ row: [Float], temperature: Float, banned: Int32?, uniform: Float) -> Int {
        let prediction = VocabularySoftmax.prediction(row: row, count: row.count)
        return Int(
            VocabularySoftmax.sample(
                row: row, count: row.count, prediction: prediction, temperature: temperature, banned: banned,
                uniform: uniform))
    }

    /// The weights of all tokens, the banned one without any.
    private func probabilities(_ row: [Float], temperature: Float, banned: Int32?) -> [Double] {
        var logits = doubles(row)
        if let banned { logits[Int(banned)] = -.infinity }
        return Reference.softmax(logits, columns: row.count, scale: Double(1 / temperature))
    }

    struct Case: CustomTestStringConvertible {
        let count: Int
        let temperature: Float
        let bans: Bool
        var testDescription: String { "\(count) tokens at \(temperature)\(bans ? ", one banned" : "")" }
    }

    static let cases = [1, 2, 3, 17, 255, 256, 257, 1000, 5003].flatMap { count in
        [
            Case(count: count, temperature: 1, bans: false), Case(count: count, temperature: 0.5, bans: count > 1),
            Case(count: count, temperature: 2.5, bans: count > 1),
        ]
    }

    /// The definition: the first token whose cumulative probability exceeds the uniform number. Only where that number
    /// is within rounding of a step of the cumulative distribution may the neighbour be drawn.
    @Test(arguments: cases)
    func drawIsTheInverseOfTheCumulativeDistribution(_ sizes: Case) {
        var random = RandomNumbers(seed: sizes.count)
        var undecided = 0
        for _ in 0..<20 {
            let row = random.normals(sizes.count, deviation: 3)
            let banned = sizes.bans ? Int32(random.integer(below: sizes.count)) : nil
            let p = probabilities(row, temperature: sizes.temperature, banned: banned)
            var cumulative: [Double] = []
            var sum = 0.0
            for probability in p {
                sum += probability
                cumulative.append(sum)
            }
            for _ in 0..<10 {
                let uniform = random.uniform()
                let drawn = draw(row, temperature: sizes.temperature, banned: banned, uniform: uniform)
                let expected = cumulative.firstIndex { $0 > Double(uniform) } ?? sizes.count - 1
                if drawn != expected {
                    undecided += 1
                    let bound = roundingBound(terms: 16)
                    let steps = cumulative[min(drawn, expected)..<max(drawn, expected)]
                    #expect(steps.allSatisfy { abs($0 - Double(uniform)) < bound }, "drew \(drawn), not \(expected)")
                    #expect(p[drawn] > 0)
                }
            }
        }
        #expect(undecided <= 2)
    }

    /// Counts of many draws against what the distribution lets expect. Chi-square has as many degrees of freedom as
    /// bins less one, n, mean n and variance 2 n: six deviations are not exceeded by chance.
    @Test(arguments: [(17, Float(1), nil), (17, 0.6, 4), (300, 1, nil), (300, 1.7, 280)] as [(Int, Float, Int32?)])
    func frequenciesAreThoseOfTheSoftmax(count: Int, temperature: Float, banned: Int32?) {
        var random = RandomNumbers(seed: count)
        let row = random.normals(count)
        let p = probabilities(row, temperature: temperature, banned: banned)
        let draws = 20_000
        let uniforms = RandomStream(seed: 8, .sampleReplacement, step: 3)
        var counts = [Int](repeating: 0, count: count)
        for number in 0..<draws {
            counts[draw(row, temperature: temperature, banned: banned, uniform: uniforms.uniform(number))] += 1
        }
        if let banned { #expect(counts[Int(banned)] == 0) }
        var chiSquare = 0.0
        var freedom = -1.0
        for (count, p) in zip(counts, p) where p > 0 {
            let expected = p * Double(draws)
            chiSquare += (Double(count) - expected) * (Double(count) - expected) / expected
            freedom += 1
        }
        #expect(abs(chiSquare - freedom) < 6 * (2 * freedom).squareRoot(), "chi-square \(chiSquare) of \(freedom)")
    }

    /// The generator may be all but sure of the original; what remains must still be drawn in proportion.
    @Test(arguments: [Float(5), 15, 25, 60, 200, 1e30])
    func theRestIsRightWhereTheBannedTokenHasNearlyAllWeight(advantage: Float) {
        for banned in [0, 150, 299, 300, 511] {
            var row = [Float](repeating: 0, count: 512)
            row[banned] = advantage
            var random = RandomNumbers(seed: banned)
            // All others are equal: token k of the 511 is drawn for k / 511 <= uniform < (k + 1) / 511.
            let uniforms = (0..<50).map { _ in random.uniform() }
            let places = uniforms.map { Int($0 * 511) }
            #expect(
                uniforms.map { draw(row, temperature: 1, banned: Int32(banned), uniform: $0) }
                    == places.map { $0 < banned ? $0 : $0 + 1 }, "banned \(banned)")
        }
    }

    /// A low temperature widens every gap; among the others it counts as ever.
    @Test func theRestIsRightAtALowTemperature() {
        let row: [Float] = [-0.1, 10, 0, -0.1]
        // exp(-1), 1 and exp(-1) of their sum, in order.
        let first: Double = 1 / (2 + exp(1))
        for (uniform, expected) in [(0, 0), (first - 0.01, 0), (first + 0.01, 2), (1 - first + 0.01, 3)] {
            #expect(draw(row, temperature: 0.1, banned: 1, uniform: Float(uniform)) == expected)
        }
    }

    @Test func extremes() {
        let least = Float(0x1p-24), most = 1 - Float(0x1p-24)
        // One token has all the weight, at either end.
        for uniform in [least, 0.5, most] {
            #expect(draw([-200, -200, 0], temperature: 1, banned: nil, uniform: uniform) == 2)
            #expect(draw([0, -200, -200], temperature: 1, banned: nil, uniform: uniform) == 0)
        }
        // The others would have no weight at all beside the banned one.
        for (count, banned) in [(2, 0), (2, 1), (257, 0), (257, 256), (300, 299)] {
            var row = [Float](repeating: -200, count: count)
            row[banned] = 0
            for uniform in [least, 0.5, most] {
                let drawn = draw(row, temperature: 1, banned: Int32(banned), uniform: uniform)
                #expect(drawn != banned && 0..<count ~= drawn)
            }
        }
        // Broken rows draw something from the vocabulary; the check of the loss reports them.
        for row: [Float] in [[.nan, 1, 2], [1, .nan, 2], [.infinity, 1, 2]] {
            #expect(0..<3 ~= draw(row, temperature: 1, banned: nil, uniform: 0.5))
        }
    }
}
