import Glibc

/// A lock, and threads that wait for something that it guards to change.
final class Monitor: @unchecked Sendable {
    // Unchecked: that is what it is for.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let change: UnsafeMutablePointer<pthread_cond_t>

    init() {
        mutex = .allocate(capacity: 1)
        change = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(change, nil)
    }

    deinit {
        pthread_cond_destroy(change)
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
        change.deallocate()
    }

    func locked<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Until somebody says that something `changed`. With the lock held, which is free meanwhile.
    func wait() { pthread_cond_wait(change, mutex) }

    /// The same, for a while at most.
    func wait(microseconds: Int) {
        var end = timespec()
        clock_gettime(CLOCK_REALTIME, &end)
        let nanoseconds = end.tv_nsec + 1000 * microseconds
        end.tv_sec += nanoseconds / 1_000_000_000
        end.tv_nsec = nanoseconds % 1_000_000_000
        pthread_cond_timedwait(change, mutex, &end)
    }

    func changed() { pthread_cond_broadcast(change) }
}
