/// The sum over the ranks in one fixed order, part by part, and the way back: the pair of collectives that data-parallel
/// training needs (reduce-scatter, then all-gather), with the same bits for any number of ranks.
///
/// The leaves of one `SummationTree` are dealt out to the ranks as contiguous ranges. Each rank comes with one flat
/// buffer for each of its `nodes` (the maximal subtrees of its range), takes part in an exchange after which
/// it holds all partial sums of its own part, and adds them along the tree. It sends what a ring would send; only the
/// order of additions is ours instead of MPI's.
///
/// A chunk is added up while the next one travels. All memory is made in `init`; a reduction allocates nothing. It
/// has a line of its own (a duplicate of the communicator), so that several can be in flight, and MPI_Ialltoallv there
/// never meets a collective of anybody else.
public final class OrderedReduction {
    /// dst[i] += src[i] for i in 0..<count.
    public typealias Add = (_ destination: UnsafeMutablePointer<Float>, _ source: UnsafePointer<Float>, _ count: Int) ->
        Void

    /// The subtrees whose sums this rank hands over, in leaf order.
    public let nodes: [SummationTree.Node]
    /// The flat elements whose sum this rank gets.
    public let part: Range<Int>

    private let plan: OrderedReductionPlan
    private let communicator: Communicator
    private let partLayout: BlockLayout
    private let exchanges: [ChunkExchange]
    private let partials: UnsafeMutableBufferPointer<UnsafeMutablePointer<Float>>
    private let ring: RingAllGather

    // A reduction in flight: chunks 0..<added are sums, added..<started are on their way (at most two).
    private var result: UnsafeMutablePointer<Float>?
    private var started = 0
    private var added = 0

    /// All ranks call this together, with the same numbers. `parts` join one another in rank order and may be empty.
    public init(
        _ communicator: Communicator, leafCount: Int, parts: [Range<Int>], chunkElements: Int = 1 << 18
    ) throws(MPIError) {
        require(
            parts.count == communicator.size, "OrderedReduction: \(parts.count) parts for \(communicator.size) ranks"
        )
        let plan = OrderedReductionPlan(leafCount: leafCount, parts: parts, chunkElements: chunkElements)
        // As one buffer is described by C ints, in elements.
        _ = cInt(plan.flatCount, "MPI_Ialltoallv")
        let places = plan.places[communicator.rank]
        let duplicate = try communicator.duplicate()
        self.plan = plan
        self.communicator = duplicate
        nodes = Array(plan.nodes[places])
        part = parts[communicator.rank]
        partLayout = BlockLayout(parts)
        exchanges = [ChunkExchange(plan, duplicate), ChunkExchange(plan, duplicate)]
        partials = .allocate(capacity: places.count)
        ring = RingAllGather(
            try communicator.duplicate(), blocks: parts, pieceElements: min(chunkElements, RingAllGather.pieceElements))
    }

    deinit { partials.deallocate() }

    public var isInFlight: Bool { result != nil }

    /// Sums up: afterwards `result[part]` is the sum over all leaves. `partials` are flat buffers in the order of
    /// `nodes`; of them, elements in my own part are used as scratch. `result` may be one of them; no element of it
    /// outside `part` is written.
    public func reduceScatter(
        partials: [UnsafeMutablePointer<Float>], into result: UnsafeMutablePointer<Float>, add: Add
    ) throws(MPIError) {
        try start(partials: partials, into: result)
        try finish(add: add)
    }

    /// Begins the same, to go on in the background of other work. The buffers stay in place, untouched, until it is done.
    public func start(
        partials: [UnsafeMutablePointer<Float>], into result: UnsafeMutablePointer<Float>
    ) throws(MPIError) {
        require(!isInFlight, "OrderedReduction: started again before it was finished")
        require(
            partials.count == nodes.count, "OrderedReduction: \(partials.count) partial sums, expected \(nodes.count)")
        _ = self.partials.initialize(fromContentsOf: partials)
        self.result = result
        started = 0
        added = 0
        try startNextChunk()
        try startNextChunk()
    }

    /// Adds up a chunk if one is here, and moves the others on. True when all is done. For a call between pieces of work.
    public func advance(add: Add) throws(MPIError) -> Bool {
        if added < plan.chunkCount, try exchanges[added % 2].isDone() { try completeChunk(add) }
        if added == plan.chunkCount { result = nil }
        return !isInFlight
    }

    /// Waits for the rest.
    public func finish(add: Add) throws(MPIError) {
        while added < plan.chunkCount {
            try exchanges[added % 2].wait()
            try completeChunk(add)
        }
        result = nil
    }

    /// Each rank's part of `flat` goes to the same place in everybody's.
    public func allGather(flat: UnsafeMutablePointer<Float>) throws(MPIError) {
        require(!isInFlight, "OrderedReduction: gathered before the reduction was finished")
        if !communicator.isAlone { try ring.run(flat) }
    }

    /// Begins the same (MPI_Iallgatherv). `flat` and this object stay until the request is done.
    public func startAllGather(flat: UnsafeMutablePointer<Float>) throws(MPIError) -> Request {
        require(!isInFlight, "OrderedReduction: gathered before the reduction was finished")
        return try communicator.startAllGather(
            inPlace: UnsafeMutableBufferPointer(start: flat, count: plan.flatCount), partLayout)
    }

    private func startNextChunk() throws(MPIError) {
        if started == plan.chunkCount { return }
        // Of the two exchanges, the one whose chunk was added up last.
        try exchanges[started % 2].start(chunk: started, of: partials)
        started += 1
    }

    /// Chunk `added` is here: adds it up along the tree, in place, while the next one travels.
    private func completeChunk(_ add: Add) throws(MPIError) {
        guard let result else { fatalError("OrderedReduction: nothing is in flight") }
        let exchange = exchanges[added % 2]
        let elements = plan.chunk(added, of: communicator.rank)
        if !elements.isEmpty {
            for addition in plan.additions {
                add(sum(addition.into, elements, exchange), sum(addition.from, elements, exchange), elements.count)
                // MPI moves data mainly inside its own calls.
                _ = try exchanges[(added + 1) % 2].isDone()
            }
            let root = sum(0, elements, exchange)
            if root != result + elements.lowerBound {
                (result + elements.lowerBound).update(from: root, count: elements.count)
            }
        }
        added += 1
        try startNextChunk()
    }

    /// Where the partial sum of `place` has these elements of my part: in my own buffer or in what arrived.
    private func sum(_ place: Int, _ elements: Range<Int>, _ exchange: ChunkExchange) -> UnsafeMutablePointer<Float> {
        let mine = plan.places[communicator.rank]
        if mine.contains(place) { return partials[place - mine.lowerBound] + elements.lowerBound }
        guard let received = exchange.received(place) else {
            fatalError("OrderedReduction: no room for place \(place)")
        }
        return received
    }
}
