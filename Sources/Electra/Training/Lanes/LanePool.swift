package import ElectraSupport
import Glibc

/// The lanes of a rank: threads that live as long as the run, sleep between pieces of work, and never spin.
///
/// Lane 0 is the thread that calls `run`, unless that one has something else to do meanwhile. Work is handed over as a
/// closure made before the first step, so a step allocates nothing.
package final class LanePool: @unchecked Sendable {
    // Unchecked: all mutable state is guarded by `monitor`.
    package typealias Work = @Sendable (_ lane: Int) -> Void

    package let count: Int
    private let monitor = Monitor()
    /// For lanes without work, and for who waits for theirs.
    private let workArrived = Monitor.Change()
    private let workDone = Monitor.Change()
    /// The first lane that has a thread of its own.
    private let firstThread: Int
    private var work: Work?
    private var generation = 0
    private var running = 0
    private var stopping = false
    private var threads: [pthread_t] = []

    /// How long the caller sleeps between two looks at what it does meanwhile.
    private static let napMicroseconds = 100

    /// Of lanes `apart` from the thread that calls `run`, none is on it: that is what `run(_:meanwhile:)` is for.
    package init(count: Int, apart: Bool = false) throws(Failure) {
        self.count = count
        firstThread = apart ? 0 : 1
        for lane in firstThread..<max(count, 1) {
            let code = start(lane)
            guard code == 0 else {
                stop()
                throw .usage(
                    "threads \(count): the system starts no more than \(lane) (\(String(cString: strerror(code)))); "
                        + "take fewer --threads")
            }
        }
    }

    /// Runs `work` on every lane and returns when all are done.
    package func run(_ work: @escaping Work) {
        begin(work)
        if firstThread > 0 { work(0) }
        wait()
    }

    /// The same, of lanes apart; the caller calls `body` again and again. It ends with an error of that, and lanes may then still
    /// be at work: `wait` for them.
    package func run<Problem: Error>(
        _ work: @escaping Work, meanwhile body: () throws(Problem) -> Void
    ) throws(Problem) {
        precondition(firstThread == 0, "the caller is a lane itself")
        begin(work)
        while true {
            try body()
            let areDone = monitor.locked {
                if running > 0 { monitor.wait(for: workDone, microseconds: Self.napMicroseconds) }
                if running == 0 { self.work = nil }
                return running == 0
            }
            if areDone { return }
        }
    }

    /// Until lanes that were left at work are done.
    package func wait() {
        monitor.locked {
            while running > 0 { monitor.wait(for: workDone) }
            work = nil
        }
    }

    private func begin(_ work: @escaping Work) {
        if count == firstThread { return }
        monitor.locked {
            self.work = work
            running = count - firstThread
            generation += 1
            workArrived.happened()
        }
    }

    /// Ends the threads. The pool cannot be used again.
    package func stop() {
        monitor.locked {
            stopping = true
            workArrived.happened()
        }
        for thread in threads { pthread_join(thread, nil) }
        threads = []
    }

    private final class ThreadStart {
        let pool: LanePool
        let lane: Int
        init(pool: LanePool, lane: Int) {
            self.pool = pool
            self.lane = lane
        }
    }

    /// Returns 0, or why there is no such thread.
    private func start(_ lane: Int) -> Int32 {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(ThreadStart(pool: self, lane: lane))
        let code = pthread_create(
            &thread, nil,
            { argument in
                let start = Unmanaged<ThreadStart>.fromOpaque(argument!).takeRetainedValue()
                start.pool.loop(start.lane)
                return nil
            }, argument.toOpaque())
        if code == 0 { threads.append(thread) } else { argument.release() }
        return code
    }

    private func loop(_ lane: Int) {
        let signalStack = SignalStack.enter()
        defer { SignalStack.leave(signalStack) }
        var seen = 0
        while let work = nextWork(after: &seen) {
            work(lane)
            monitor.locked {
                running -= 1
                if running == 0 { workDone.happened() }
            }
        }
    }

    /// Nil at the end.
    private func nextWork(after seen: inout Int) -> Work? {
        // A closure that is returned through a generic function is wrapped, which takes memory.
        var next: Work?
        monitor.locked {
            while generation == seen && !stopping { monitor.wait(for: workArrived) }
            seen = generation
            next = stopping ? nil : work
        }
        return next
    }
}
