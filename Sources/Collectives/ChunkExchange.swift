/// One chunk of an ordered reduction on its way: where the partial sums of other ranks arrive, and the requests. It owns
/// the memory that MPI writes and the layouts that MPI reads, both made once. There are two, so that one chunk is added
/// up while the next one travels.
final class ChunkExchange {
    private let plan: OrderedReductionPlan
    private let communicator: Communicator
    private let stagingStride: Int
    private let staging: UnsafeMutableBufferPointer<Float>
    private let sendLayouts: [BlockLayout]
    private let receiveLayouts: [BlockLayout]
    private var queue: RequestQueue

    init(_ plan: OrderedReductionPlan, _ communicator: Communicator) {
        let rank = communicator.rank
        self.plan = plan
        self.communicator = communicator
        stagingStride = min(plan.chunkElements, plan.parts[rank].count)
        staging = .allocate(capacity: stagingStride * (plan.nodes.count - plan.places[rank].count))
        staging.initialize(repeating: 0)
        sendLayouts = (0..<plan.slotCount).map { _ in BlockLayout(size: communicator.size) }
        receiveLayouts = (0..<plan.slotCount).map { _ in BlockLayout(size: communicator.size) }
        queue = RequestQueue(capacity: plan.slotCount)
    }

    deinit {
        if queue.isEmpty {
            staging.deallocate()
        } else {
            // After an MPI error the library may still write there, and read the layouts: then rather leave them.
            for layout in sendLayouts + receiveLayouts { _ = Unmanaged.passRetained(layout) }
        }
    }

    /// Sends every other rank its chunk of my partial sums, straight out of them, and receives mine of theirs.
    func start(chunk index: Int, of partials: UnsafeMutableBufferPointer<UnsafeMutablePointer<Float>>) throws(MPIError)
    {
        let rank = communicator.rank
        let expected = plan.chunk(index, of: rank).count
        for slot in 0..<plan.slotCount {
            let sends = sendLayouts[slot]
            let receives = receiveLayouts[slot]
            // My own partial sums stay where they are: the blocks from me to me are always empty.
            for other in 0..<communicator.size where other != rank {
                if slot < partials.count { sends[other] = plan.chunk(index, of: other) }
                if slot < plan.places[other].count {
                    let start = stagingOffset(of: plan.places[other].lowerBound + slot)
                    receives[other] = start..<start + expected
                }
            }
            let source =
                slot < partials.count
                ? UnsafeBufferPointer(start: partials[slot], count: plan.flatCount)
                : UnsafeBufferPointer(start: nil, count: 0)
            queue.add(try communicator.startAllToAll(source, sends, into: staging, receives))
        }
    }

    /// Whether all of it is here; moves things on if not.
    func isDone() throws(MPIError) -> Bool { try queue.testAll() }

    func wait() throws(MPIError) { try queue.waitAll() }

    /// What arrived of another rank's partial sum.
    func received(_ place: Int) -> UnsafeMutablePointer<Float>? {
        staging.baseAddress.map { $0 + stagingOffset(of: place) }
    }

    /// Others' partial sums lie in the order of their places, with mine left out.
    private func stagingOffset(of place: Int) -> Int {
        let mine = plan.places[communicator.rank]
        return stagingStride * (place < mine.lowerBound ? place : place - mine.count)
    }
}
