import Benchmark

// Run them with
//
//     swift package --package-path Benchmarks --disable-sandbox benchmark [--filter "attention.*"]

/// Memory that all benchmarks work on, one after the other; larger than any of them needs.
final class Memory: @unchecked Sendable {
    // Unchecked: benchmarks run one at a time.
    static let shared = Memory()
    private static let count = 30_522 * 1024
    let a = Memory.floats(), b = Memory.floats(), c = Memory.floats(), d = Memory.floats()
    let halvesA = Memory.halves(), halvesB = Memory.halves()
    let keep: UnsafeMutablePointer<UInt8> = {
        let keep = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
        keep.initialize(repeating: 1, count: count)
        return keep
    }()

    private static func floats() -> UnsafeMutablePointer<Float> {
        let floats = UnsafeMutablePointer<Float>.allocate(capacity: count)
        floats.initialize(repeating: 0.5, count: count)
        return floats
    }

    private static func halves() -> UnsafeMutablePointer<UInt16> {
        let halves = UnsafeMutablePointer<UInt16>.allocate(capacity: count)
        halves.initialize(repeating: 0x3F00, count: count)
        return halves
    }
}

/// Of a product: its multiplications and additions; of a loop: its elements.
private let rate = BenchmarkMetric.custom("M operations / s", polarity: .prefersLarger, useScalingFactor: false)

func benchmark(_ name: String, operations: Int, _ body: @escaping @Sendable (Memory) -> Void) {
    Benchmark(name, configuration: .init(metrics: [.wallClock, rate], maxDuration: .milliseconds(500))) { benchmark in
        let time = ContinuousClock().measure { body(.shared) }
        benchmark.measurement(rate, Int(Double(operations) / (time / .microseconds(1))))
    }
}

let benchmarks: @Sendable () -> Void = {
    productBenchmarks()
    loopBenchmarks()
}
