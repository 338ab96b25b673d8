/// The sum over the ranks in one fixed order, each rank getting its part: a reduce-scatter with the same bits for any number
/// of ranks.
///
/// The leaves of one `SummationTree`, or some of them, are dealt out to the ranks as contiguous ranges. Each rank comes with one flat
/// buffer for each of its `nodes` (the maximal subtrees of its range), receives all partial sums of its own part, and adds
/// them along the tree. It sends what a ring would send, once for each of its nodes; only the order of additions is ours
/// instead of MPI's.
///
/// The flat elements are cut into buckets, which travel as soon as they are `release`d, in the background of other work
/// that calls `advance` now and then. All memory is made in `init`; a reduction allocates nothing. It has a line of its
/// own (a duplicate of the communicator), so that several can be in flight.
public final class OrderedReduction {
    /// The subtrees whose sums this rank hands over, in leaf order.
    public let nodes: [SummationTree.Node]
    /// Those whose sums it gets: as few as the tree allows; of all leaves one, the root.
    public let sums: [SummationTree.Node]
    /// The flat elements whose sums this rank gets, in each bucket.
    public let parts: [Range<Int>]

    private let plan: OrderedReductionPlan
    private let summation: Summation
    private let communicator: Communicator
    private let outgoing: [OrderedReductionPlan.Message]
    /// Of each round.
    private let incoming: [[OrderedReductionPlan.Message]]
    private let arrivals: [RoundArrival]
    private let partials: UnsafeMutableBufferPointer<UnsafeMutablePointer<Float>>
    private let results: UnsafeMutableBufferPointer<UnsafeMutablePointer<Float>>
    private var sends: MessageWindow
    /// What goes out in 16 bits, by its place in the window.
    private let outbox: UnsafeMutablePointer<UInt16>
    private let outboxStride: Int

    // A reduction in flight: rounds 0..<added are sums, those up to `expected` are on their way.
    public private(set) var isInFlight = false
    private var released = 0
    private var expected = 0
    private var added = 0

    /// What suits links of 0.2 to 1 Gbit best (measured, 2 to 8 hosts). Two and three ranks need large messages: what agrees on the
    /// next one of one direction waits behind the data of the other, in one connection.
    private static func chunkBytes(ranks: Int) -> Int {
        switch ranks {
        case ...2: 1 << 21
        case 3: 1 << 20
        default: 1 << 17
        }
    }

    /// Enough that a link is never idle, and few enough that all ranks send to different ones at a time (measured). One round
    /// is added up while the next ones come.
    private static func messagesAtATime(ranks: Int) -> Int { ranks <= 2 ? 16 : 8 }

    /// All ranks call this together, with the same numbers. The parts of each bucket, by rank, join one another in rank order
    /// and may be empty.
    public convenience init(
        _ communicator: Communicator, _ summation: Summation, leafCount: Int, buckets: [[Range<Int>]],
        chunkElements: Int? = nil
    ) throws(MPIError) {
        let tree = SummationTree(leafCount: leafCount)
        try self.init(
            communicator, summation, tree, leaves: OrderedReductionPlan.leaves(of: tree, ranks: communicator.size),
            buckets: buckets, chunkElements: chunkElements)
    }

    /// The same for some leaves of a tree, dealt out otherwise: those of each rank, which join one another.
    public init(
        _ communicator: Communicator, _ summation: Summation, _ tree: SummationTree, leaves: [Range<Int>],
        buckets: [[Range<Int>]], chunkElements: Int? = nil
    ) throws(MPIError) {
        for parts in buckets {
            require(
                parts.count == communicator.size,
                "OrderedReduction: \(parts.count) parts for \(communicator.size) ranks")
        }
        let plan = OrderedReductionPlan(
            tree, leaves: leaves, buckets: buckets,
            chunkElements: chunkElements ?? Self.chunkBytes(ranks: communicator.size) / summation.bytesPerElement)
        let rank = communicator.rank
        self.plan = plan
        self.summation = summation
        self.communicator = try communicator.duplicate()
        nodes = Array(plan.nodes[plan.places[rank]])
        sums = tree.subtrees(covering: (leaves.first?.lowerBound ?? 0)..<(leaves.last?.upperBound ?? 0))
        parts = buckets.map { $0[rank] }
        outgoing = plan.outgoing(of: rank)
        let incoming = plan.incoming(of: rank)
        self.incoming = incoming
        let mostMessages = incoming.map(\.count).max() ?? 0
        let atATime = Self.messagesAtATime(ranks: communicator.size)
        sends = MessageWindow(capacity: atATime)
        arrivals = (0..<atATime).map { _ in
            RoundArrival(plan, rank: rank, mostMessages: mostMessages, widen: summation.halves?.widen)
        }
        outboxStride = summation.halves == nil ? 0 : outgoing.map(\.elements.count).max() ?? 0
        outbox = .allocate(capacity: atATime * outboxStride)
        partials = .allocate(capacity: nodes.count)
        results = .allocate(capacity: sums.count)
    }

    deinit {
        // After an MPI error the library may still read there: then rather leave it.
        if sends.begun == sends.done { outbox.deallocate() }
        partials.deallocate()
        results.deallocate()
    }

    /// Bytes that this rank sends in a reduction.
    public var bytesSent: Int { outgoing.reduce(0) { $0 + summation.bytesPerElement * $1.elements.count } }

    /// Sums up: afterwards `results` hold in my `parts` the `sums`. `partials` are flat buffers in the order of `nodes`; of
    /// them, elements in my own parts are used as scratch. A result may be one of them, but not one in which another sum
    /// ends (see `placeOfSum`); no element of it outside of my parts is written.
    public func run(
        partials: [UnsafeMutablePointer<Float>], into results: [UnsafeMutablePointer<Float>]
    ) throws(MPIError) {
        begin(partials: partials, into: results)
        try finish()
    }

    /// Of my partial sums, the one in which a sum ends; nil if it is another rank's.
    public func placeOfSum(_ number: Int) -> Int? {
        let (place, mine) = (plan.sums[number], plan.places[communicator.rank])
        return mine.contains(place) ? place - mine.lowerBound : nil
    }

    /// Begins the same. Nothing is read before it is `release`d; the buffers stay in place until all is done.
    public func begin(partials: [UnsafeMutablePointer<Float>], into results: [UnsafeMutablePointer<Float>]) {
        require(!isInFlight, "OrderedReduction: begun again before it was finished")
        require(
            partials.count == nodes.count, "OrderedReduction: \(partials.count) partial sums, expected \(nodes.count)")
        require(results.count == sums.count, "OrderedReduction: \(results.count) results, expected \(sums.count)")
        _ = self.partials.initialize(fromContentsOf: partials)
        _ = self.results.initialize(fromContentsOf: results)
        isInFlight = true
        (released, expected, added) = (0, 0, 0)
        sends.reset()
    }

    /// So many of the first buckets are complete in all of my partial sums, and stay as they are.
    public func release(buckets: Int) { released = max(released, buckets) }

    /// Sends and receives what can be, and adds up one chunk if it is here. True when all is done. For calls between pieces
    /// of work, from time to time.
    public func advance() throws(MPIError) -> Bool {
        guard isInFlight else { return true }
        while expected < plan.rounds.count && expected - added < arrivals.count {
            try arrivals[expected % arrivals.count].begin(incoming[expected], over: communicator)
            expected += 1
        }
        try send()
        if added < plan.rounds.count, plan.rounds[added].bucket < released,
            try arrivals[added % arrivals.count].isComplete()
        {
            try addUp(arrivals[added % arrivals.count])
            added += 1
        }
        if added == plan.rounds.count && sends.done == outgoing.count { isInFlight = false }
        return !isInFlight
    }

    /// Releases all, and waits for the rest.
    public func finish() throws(MPIError) {
        release(buckets: plan.buckets.count)
        var patience = Patience()
        while try !advance() { try patience.check(movement: movement, "a reduce-scatter") }
    }

    /// So many of the first buckets are summed up.
    public var bucketsDone: Int { added == plan.rounds.count ? plan.buckets.count : plan.rounds[added].bucket }

    /// Changes whenever a message was sent or came.
    public var movement: Int { sends.done + added + arrivals.reduce(0) { $0 + $1.messagesHere } }

    private func send() throws(MPIError) {
        try sends.poll()
        while sends.begun < outgoing.count && sends.hasRoom {
            let message = outgoing[sends.begun]
            if plan.rounds[message.round].bucket >= released { return }
            let partial = partials[message.place - plan.places[communicator.rank].lowerBound]
            let values = partial + message.elements.lowerBound
            if let halves = summation.halves {
                let rounded = outbox + sends.begun % sends.capacity * outboxStride
                halves.narrow(rounded, values, message.elements.count)
                try sends.send(rounded, count: message.elements.count, to: message.rank, over: communicator)
            } else {
                try sends.send(values, count: message.elements.count, to: message.rank, over: communicator)
            }
        }
    }

    /// Along the tree, in place.
    private func addUp(_ arrival: RoundArrival) throws(MPIError) {
        let elements = plan.rounds[added].chunks[communicator.rank]
        if elements.isEmpty { return }
        arrival.widen(incoming[added])
        let mine = plan.places[communicator.rank]
        func sum(_ place: Int) -> UnsafeMutablePointer<Float> {
            mine.contains(place) ? partials[place - mine.lowerBound] + elements.lowerBound : arrival.received(place)
        }
        for addition in plan.additions {
            summation.add(sum(addition.into), sum(addition.from), elements.count)
            // MPI moves data mainly inside its own calls.
            try send()
        }
        for (number, place) in plan.sums.enumerated() where sum(place) != results[number] + elements.lowerBound {
            (results[number] + elements.lowerBound).update(from: sum(place), count: elements.count)
        }
    }
}
