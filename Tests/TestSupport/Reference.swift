import ElectraKernels
import Glibc

/// Every forward pass once more, in Double, as plainly as its formula reads. Matrices are row-major.
package enum Reference {
    /// y = x W^T + b
    package static func linear(_ x: [Double], weight: [Double], bias: [Double], inputs: Int) -> [Double] {
        let outputs = bias.count
        var y: [Double] = []
        for row in 0..<x.count / inputs {
            for output in 0..<outputs {
                var sum = bias[output]
                for input in 0..<inputs { sum += x[row * inputs + input] * weight[output * inputs + input] }
                y.append(sum)
            }
        }
        return y
    }

    /// P(X <= x), X standard normal; by the complementary error function, which keeps its accuracy in the tail.
    package static func normalDistribution(_ x: Double) -> Double { 0.5 * erfc(-x * 0.5.squareRoot()) }

    package static func gelu(_ x: Double) -> Double { x * normalDistribution(x) }

    /// The mask of a dropout as factors.
    package static func factors(_ keep: [UInt8], scale: Float) -> [Double] { keep.map { Double($0) * Double(scale) } }

    package static func product(_ x: [Double], _ factors: [Double]?) -> [Double] {
        factors.map { zip(x, $0).map { $0 * $1 } } ?? x
    }

    package static func sum(_ x: [Double], _ y: [Double]?) -> [Double] {
        y.map { zip(x, $0).map { $0 + $1 } } ?? x
    }

    package static func layerNorm(_ s: [Double], scale: [Double], shift: [Double]) -> [Double] {
        let columns = scale.count
        var y: [Double] = []
        for start in stride(from: 0, to: s.count, by: columns) {
            let row = s[start..<start + columns]
            let mean = row.reduce(0, +) / Double(columns)
            let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
            let deviation = (variance + Double(LayerNorm.epsilon)).squareRoot()
            for column in 0..<columns {
                y.append((s[start + column] - mean) / deviation * scale[column] + shift[column])
            }
        }
        return y
    }

    package static func softmax(_ scores: [Double], columns: Int, scale: Double) -> [Double] {
        var p: [Double] = []
        for start in stride(from: 0, to: scores.count, by: columns) {
            let row = scores[start..<start + columns]
            let largest = row.max() ?? 0
            let weights = row.map { exp(($0 - largest) * scale) }
            let total = weights.reduce(0, +)
            p += weights.map { $0 / total }
        }
        return p
    }

    /// `masks[sequence][head]` are the dropout factors of the probabilities.
    package static func attention(_ qkv: [Double], lengths: [Int], heads: Int, masks: [[[Double]]]) -> [Double] {
        let tokens = lengths.reduce(0, +)
        let hidden = qkv.count / tokens / 3
        let size = hidden / heads
        var context = [Double](repeating: 0, count: tokens * hidden)
        var start = 0
        for (sequence, length) in lengths.enumerated() {
            for head in 0..<heads {
                func element(_ part: Int, _ token: Int, _ place: Int) -> Double {
                    qkv[(start + token) * 3 * hidden + part * hidden + head * size + place]
                }
                var scores: [Double] = []
                for to in 0..<length {
                    for from in 0..<length {
                        var sum = 0.0
                        for place in 0..<size { sum += element(0, to, place) * element(1, from, place) }
                        scores.append(sum)
                    }
                }
                let p = product(
                    softmax(scores, columns: length, scale: 1 / Double(size).squareRoot()), masks[sequence][head])
                for to in 0..<length {
                    for place in 0..<size {
                        var sum = 0.0
                        for from in 0..<length { sum += p[to * length + from] * element(2, from, place) }
                        context[(start + to) * hidden + head * size + place] = sum
                    }
                }
            }
            start += length
        }
        return context
    }

    /// y[i] = x[rows[i]]
    package static func gather(_ x: [Double], rows: [Int32], columns: Int) -> [Double] {
        rows.flatMap { row in (0..<columns).map { x[Int(row) * columns + $0] } }
    }

    /// -log softmax(row)[target]
    package static func crossEntropy(_ row: [Double], target: Int) -> Double {
        let largest = row.max() ?? 0
        return log(row.reduce(0) { $0 + exp($1 - largest) }) + largest - row[target]
    }

    /// -log of the probability that sigmoid(logit) gives to the truth; log(1 + exp(t)) written so that it holds
    /// for any t.
    package static func binaryCrossEntropy(_ logit: Double, isPositive: Bool) -> Double {
        let t = isPositive ? -logit : logit
        return t > 0 ? t + log1p(exp(-t)) : log1p(exp(t))
    }
}
