import Glibc

/// A lock, and threads that wait for a change of what it guards.
final class Monitor: @unchecked Sendable {
    // Unchecked: that is what it is for.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    /// One kind of change: only those who wait for it are woken.
    final class Change: @unchecked Sendable {
        // Unchecked: that is what it is for.
        fileprivate let condition: UnsafeMutablePointer<pthread_cond_t>

        init() {
            condition = .allocate(capacity: 1)
            pthread_cond_init(condition, nil)
        }

        deinit {
            pthread_cond_destroy(condition)
            condition.deallocate()
        }

        /// Wakes those who wait for it.
        func happened() { pthread_cond_broadcast(condition) }
    }

    init() {
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func locked<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Until it `happened`. With the lock held, which is free meanwhile.
    func wait(for change: Change) { pthread_cond_wait(change.condition, mutex) }

    /// The same, for a while at most.
    func wait(for change: Change, microseconds: Int) {
        var end = timespec()
        clock_gettime(CLOCK_REALTIME, &end)
        let nanoseconds = end.tv_nsec + 1000 * microseconds
        end.tv_sec += nanoseconds / 1_000_000_000
        end.tv_nsec = nanoseconds % 1_000_000_000
        pthread_cond_timedwait(change.condition, mutex, &end)
    }
}
