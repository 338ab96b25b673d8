/// The partial sums of other ranks for one round of an ordered reduction, on their way or here. It owns the memory that MPI
/// writes; there are a few, used in turn, so that one round is added up while the next ones travel.
final class RoundArrival {
    private let plan: OrderedReductionPlan
    private let rank: Int
    private let incoming: [OrderedReductionPlan.Message]
    /// The messages of each round.
    private let ofRound: [Range<Int>]
    private let stride: Int
    private let staging: UnsafeMutableBufferPointer<Float>
    private var messages: MessageWindow
    private var expected = 0

    init(_ plan: OrderedReductionPlan, of incoming: [OrderedReductionPlan.Message], rank: Int) {
        self.plan = plan
        self.rank = rank
        self.incoming = incoming
        var (start, ofRound) = (0, [Range<Int>]())
        for round in plan.rounds.indices {
            let end = incoming[start...].firstIndex { $0.round > round } ?? incoming.count
            ofRound.append(start..<end)
            start = end
        }
        self.ofRound = ofRound
        stride = plan.rounds.map { $0.chunks[rank].count }.max() ?? 0
        staging = .allocate(capacity: stride * (plan.nodes.count - plan.places[rank].count))
        staging.initialize(repeating: 0)
        messages = MessageWindow(capacity: max(ofRound.map(\.count).max() ?? 0, 1))
    }

    deinit {
        // After an MPI error the library may still write there: then rather leave it.
        if messages.begun == messages.done { staging.deallocate() }
    }

    func begin(_ round: Int, over communicator: Communicator) throws(MPIError) {
        messages.reset()
        expected = ofRound[round].count
        for number in ofRound[round] {
            let message = incoming[number]
            try messages.receive(
                into: received(message.place), count: message.elements.count, from: message.rank, over: communicator)
        }
    }

    var messagesHere: Int { messages.done }

    /// Whether all of it is here; moves things on if not.
    func isComplete() throws(MPIError) -> Bool {
        try messages.poll()
        return messages.done == expected
    }

    /// What arrived of another rank's partial sum. They lie in the order of their places, with mine left out.
    func received(_ place: Int) -> UnsafeMutablePointer<Float> {
        let mine = plan.places[rank]
        guard let base = staging.baseAddress else { fatalError("OrderedReduction: no room for place \(place)") }
        return base + stride * (place < mine.lowerBound ? place : place - mine.count)
    }
}
