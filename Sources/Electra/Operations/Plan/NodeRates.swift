package import ElectraKernels
package import ElectraSupport
import Foundation

/// What a node of the cluster reaches, as `doctor --json` measured it there.
package struct NodeRates: Sendable {
    /// Multiplications and additions of a lane, a second, in steps of training.
    package let operationsPerSecond: Double
    /// Bytes a second that a lane moves in sums.
    package let bytesPerSecond: Double
    /// In bytes.
    package let memory: Int?
    /// Of what steps; nil where products were measured only.
    package let preset: String?

    /// Where steps were not measured: what they reached of the rate of products, on the machines of docs/performance.md.
    private static let shareInSteps: [ProductPrecision: Double] = [.f32: 0.8, .bf16: 0.6, .bf16x3: 0.6 / 3]

    /// The slowest rank of the report counts: the others wait for it.
    package init(report path: String, _ precision: ProductPrecision) throws(Failure) {
        let contents = try FileAccess.contents(of: path, remedy: "make it with electra-dist doctor --json")
        guard let report = try? JSON(parsing: contents), let ranks = report["ranks"]?.list, !ranks.isEmpty
        else {
            throw .badData("\(path): expected what `electra-dist doctor --json` prints")
        }
        func slowest(_ value: (JSON) -> Double?) -> Double? {
            let values = ranks.map(value)
            return values.contains { $0 == nil } ? nil : values.compactMap(\.self).min()
        }
        func steps(_ rank: JSON) -> JSON? {
            rank["training"]?.list?.first { $0["precision"]?.text == precision.rawValue }
        }
        let key = precision == .f32 ? "gigaflops_per_second" : "bfloat16_gigaflops_per_second"
        if let measured = slowest({ steps($0)?["gigaflops_per_second"]?.number }) {
            operationsPerSecond = measured * 1e9
            preset = steps(ranks[0])?["preset"]?.text
        } else if let products = slowest({ $0[key]?.number }) {
            operationsPerSecond = products * 1e9 * (Self.shareInSteps[precision] ?? 1)
            preset = nil
        } else {
            throw .badData("\(path): no rate for precision \(precision.rawValue); its CPU may have none")
        }
        guard let bandwidth = slowest({ $0["memory_gigabytes_per_second"]?.number }) else {
            throw .badData("\(path): no memory_gigabytes_per_second; make it anew with electra-dist doctor --json")
        }
        bytesPerSecond = bandwidth * 1e9
        memory = ranks[0]["machine"]?["memory"]?.integer
    }
}
