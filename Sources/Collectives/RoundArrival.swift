/// The partial sums of other ranks for one round of an ordered reduction, on their way or here. It owns the memory that MPI
/// writes; there are a few, used in turn, so that one round is added up while the next ones travel.
final class RoundArrival {
    private let mine: Range<Int>
    private let stride: Int
    private let staging: UnsafeMutablePointer<Float>
    /// What comes in 16 bits, where it is in `staging` afterwards.
    private let halves: UnsafeMutablePointer<UInt16>
    private let widen: Summation.Widen?
    private var messages: MessageWindow
    private var expected = 0

    init(_ plan: OrderedReductionPlan, rank: Int, mostMessages: Int, widen: Summation.Widen?) {
        mine = plan.places[rank]
        stride = plan.rounds.map { $0.chunks[rank].count }.max() ?? 0
        let count = stride * (plan.nodes.count - mine.count)
        staging = .allocate(capacity: count)
        staging.initialize(repeating: 0, count: count)
        self.widen = widen
        halves = .allocate(capacity: widen == nil ? 0 : count)
        messages = MessageWindow(capacity: max(mostMessages, 1))
    }

    deinit {
        // After an MPI error the library may still write there: then rather leave it.
        if messages.begun == messages.done {
            staging.deallocate()
            halves.deallocate()
        }
    }

    func begin(_ incoming: [OrderedReductionPlan.Message], over communicator: Communicator) throws(MPIError) {
        messages.reset()
        expected = incoming.count
        for message in incoming {
            let (place, count) = (start(of: message.place), message.elements.count)
            if widen == nil {
                try messages.receive(into: staging + place, count: count, from: message.rank, over: communicator)
            } else {
                try messages.receive(into: halves + place, count: count, from: message.rank, over: communicator)
            }
        }
    }

    /// Makes Floats of what has come.
    func widen(_ incoming: [OrderedReductionPlan.Message]) {
        guard let widen else { return }
        for message in incoming {
            let place = start(of: message.place)
            widen(staging + place, halves + place, message.elements.count)
        }
    }

    var messagesHere: Int { messages.done }

    /// Whether all of it is here; moves things on if not.
    func isComplete() throws(MPIError) -> Bool {
        try messages.poll()
        return messages.done == expected
    }

    /// What arrived of another rank's partial sum.
    func received(_ place: Int) -> UnsafeMutablePointer<Float> { staging + start(of: place) }

    /// They lie in the order of their places, with mine left out.
    private func start(of place: Int) -> Int { stride * (place < mine.lowerBound ? place : place - mine.count) }
}
