import ElectraSupport
import Synchronization

/// Which parts of the networks have their new parameters: the last stage of the backward pass first, down to the first. A
/// lane that comes to another one waits.
final class StageGate: @unchecked Sendable {
    // Unchecked: all mutable state is atomic, or guarded by `monitor`.
    private let monitor = Monitor()
    private let opened = Monitor.Change()
    private let firstOpen = Atomic(0)
    private var waited = 0.0
    private var waiting = 0

    /// All from this stage on.
    func open(from stage: Int) {
        monitor.locked {
            firstOpen.store(stage, ordering: .releasing)
            opened.happened()
        }
    }

    func wait(for stage: Int) {
        if stage >= firstOpen.load(ordering: .acquiring) { return }
        let stopwatch = Stopwatch()
        monitor.locked {
            waiting += 1
            while stage < firstOpen.load(ordering: .acquiring) { monitor.wait(for: opened) }
            waiting -= 1
            waited += stopwatch.seconds
        }
    }

    var isWaitedAt: Bool { monitor.locked { waiting > 0 } }

    /// Seconds that lanes waited since this was asked last, in all.
    func takeWaitedSeconds() -> Double {
        monitor.locked {
            defer { waited = 0 }
            return waited
        }
    }
}
