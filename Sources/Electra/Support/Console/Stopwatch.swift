import CKernels

/// Wall-clock time since it was made, in seconds.
package struct Stopwatch {
    private let start = Stopwatch.now

    package init() {
    }

    package var seconds: Double { Self.now - start }

    /// Of a clock that only goes forward.
    package static var now: Double { Double(ck_nanoseconds()) * 1e-9 }

    /// How often a second `body` can be done, tried for so long; the first time does not count.
    package static func callsPerSecond(for seconds: Double, _ body: () -> Void) -> Double {
        body()
        let stopwatch = Stopwatch()
        var calls = 0.0
        repeat {
            body()
            calls += 1
        } while stopwatch.seconds < seconds
        return calls / stopwatch.seconds
    }
}
