package import ElectraSupport
import Foundation

/// Work on a stream of items with several threads; the results come in the order of the items.
///
/// The calling thread reads items and takes results, and lends a hand when the next result is not ready: one thread in
/// all means no other thread at all. A few items for each thread are under way at a time, so memory is bounded.
///
/// Where `next` may block for long, as on a terminal, `isNextReady` says when it will not: finished results go first.
package enum OrderedPipeline {
    /// `makeWorker` is called once in every thread; a worker never leaves its thread.
    package static func run<Item: Sendable, Output: Sendable, Worker>(
        threads: Int,
        makeWorker: @escaping @Sendable () -> Worker,
        next: () throws(Failure) -> Item?,
        isNextReady: () -> Bool = { true },
        work: @escaping @Sendable (Worker, Item) -> Output,
        consume: (Output) throws(Failure) -> Void
    ) throws(Failure) {
        let queue = JobQueue<Item, Output>()
        for _ in 1..<max(threads, 1) {
            queue.threadStarts()
            let thread = Thread {
                let worker = makeWorker()
                while let job = queue.waitForJob() { queue.finish(job, work(worker, job.item)) }
                queue.threadEnds()
            }
            thread.start()
        }
        defer { queue.close() }

        let worker = makeWorker()
        let depth = threads == 1 ? 1 : 4 * threads
        var underWay: [Job<Item, Output>] = []
        var ended = false
        while true {
            while !ended && underWay.count < depth && (underWay.isEmpty || isNextReady()) {
                if let item = try next() {
                    let job = Job<Item, Output>(item)
                    underWay.append(job)
                    queue.add(job)
                } else {
                    ended = true
                }
            }
            guard let oldest = underWay.first else { return }
            if let output = queue.outputIfReady(oldest) {
                underWay.removeFirst()
                try consume(output)
            } else if let job = queue.takeJob() {
                queue.finish(job, work(worker, job.item))
            } else {
                queue.wait(for: oldest)
            }
        }
    }
}

/// An item on its way. Its output is written and read under the queue's lock.
private final class Job<Item: Sendable, Output: Sendable>: @unchecked Sendable {
    let item: Item
    var output: Output?
    init(_ item: Item) { self.item = item }
}

/// All state is touched under `condition` only, hence Sendable.
private final class JobQueue<Item: Sendable, Output: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var waiting: [Job<Item, Output>] = []
    private var closed = false
    private var threads = 0

    private func locked<Result>(_ body: () -> Result) -> Result {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }

    func add(_ job: Job<Item, Output>) {
        locked {
            waiting.append(job)
            condition.broadcast()
        }
    }

    func takeJob() -> Job<Item, Output>? {
        locked { waiting.isEmpty ? nil : waiting.removeFirst() }
    }

    func waitForJob() -> Job<Item, Output>? {
        locked {
            while waiting.isEmpty && !closed { condition.wait() }
            return closed ? nil : waiting.removeFirst()
        }
    }

    func finish(_ job: Job<Item, Output>, _ output: Output) {
        locked {
            job.output = output
            condition.broadcast()
        }
    }

    func outputIfReady(_ job: Job<Item, Output>) -> Output? {
        locked { job.output }
    }

    func wait(for job: Job<Item, Output>) {
        locked { while job.output == nil { condition.wait() } }
    }

    func threadStarts() { locked { threads += 1 } }

    func threadEnds() {
        locked {
            threads -= 1
            condition.broadcast()
        }
    }

    /// Lets the threads go and waits until they are gone.
    func close() {
        locked {
            closed = true
            condition.broadcast()
            while threads > 0 { condition.wait() }
        }
    }
}
