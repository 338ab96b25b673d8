package import ElectraSupport
import Glibc

/// The lanes of a rank: threads that live as long as the run, sleep between pieces of work, and never spin.
///
/// Lane 0 is the thread that calls `run`. Work is handed over as a closure made before the first step, so a step
/// allocates nothing.
package final class LanePool: @unchecked Sendable {
    // Unchecked: all mutable state is guarded by `mutex`.
    package typealias Work = @Sendable (_ lane: Int) -> Void

    package let count: Int
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let workArrived: UnsafeMutablePointer<pthread_cond_t>
    private let workDone: UnsafeMutablePointer<pthread_cond_t>
    private var work: Work?
    private var generation = 0
    private var running = 0
    private var stopping = false
    private var threads: [pthread_t] = []

    package init(count: Int) throws(Failure) {
        self.count = count
        mutex = .allocate(capacity: 1)
        workArrived = .allocate(capacity: 1)
        workDone = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(workArrived, nil)
        pthread_cond_init(workDone, nil)
        for lane in 1..<max(count, 1) {
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
        if count > 1 {
            pthread_mutex_lock(mutex)
            self.work = work
            running = count - 1
            generation += 1
            pthread_cond_broadcast(workArrived)
            pthread_mutex_unlock(mutex)
        }
        work(0)
        if count > 1 {
            pthread_mutex_lock(mutex)
            while running > 0 { pthread_cond_wait(workDone, mutex) }
            self.work = nil
            pthread_mutex_unlock(mutex)
        }
    }

    /// Ends the threads. The pool cannot be used again.
    package func stop() {
        pthread_mutex_lock(mutex)
        stopping = true
        pthread_cond_broadcast(workArrived)
        pthread_mutex_unlock(mutex)
        for thread in threads { pthread_join(thread, nil) }
        threads = []
    }

    deinit {
        mutex.deallocate()
        workArrived.deallocate()
        workDone.deallocate()
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
        while true {
            pthread_mutex_lock(mutex)
            while generation == seen && !stopping { pthread_cond_wait(workArrived, mutex) }
            if stopping {
                pthread_mutex_unlock(mutex)
                return
            }
            seen = generation
            let work = self.work
            pthread_mutex_unlock(mutex)

            work?(lane)

            pthread_mutex_lock(mutex)
            running -= 1
            if running == 0 { pthread_cond_signal(workDone) }
            pthread_mutex_unlock(mutex)
        }
    }
}
