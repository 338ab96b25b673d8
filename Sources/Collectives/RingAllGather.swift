/// Each rank's block of one buffer goes to the same place in everybody's, round a ring: to the right neighbour goes what came
/// from the left one, so every link is busy in both directions all the time. MPI's own choice sends large messages both ways
/// between pairs, which takes twice as long where links are the limit.
///
/// The elements are cut into buckets, which arrive one after the other, in the background of other work that calls `advance`
/// now and then. Blocks travel in pieces, so that one is passed on while the next one comes; a few are on their way at a
/// time. All memory is made in `init`; a gather allocates nothing. It has a line of its own (a duplicate of the
/// communicator).
public final class RingAllGather {
    private static let piecesAtATime = 16

    /// A megabyte. Two ranks need more, for the reason given at `OrderedReduction`.
    private static func pieceBytes(ranks: Int) -> Int { ranks == 2 ? 1 << 21 : 1 << 20 }

    private struct Piece {
        let elements: Range<Int>
        let bucket: Int
        /// So many must have come in before it goes out: it was the last of them, or it is my own.
        let needs: Int
    }

    private let communicator: Communicator
    private let bytesPerElement: Int
    private let outgoing: [Piece]
    private let incoming: [Range<Int>]
    /// So many pieces have come in when a bucket is whole.
    private let piecesUpTo: [Int]
    private var sends = MessageWindow(capacity: piecesAtATime)
    private var receives = MessageWindow(capacity: piecesAtATime)
    private var flat: UnsafeMutableRawPointer?
    private var released = 0
    /// The first so many buckets are whole.
    public private(set) var arrived = 0

    /// All ranks call this together. The blocks of each bucket are those of all ranks, by rank.
    public init(
        _ communicator: Communicator, buckets: [[Range<Int>]], bytesPerElement: Int = MemoryLayout<Float>.size,
        pieceElements: Int? = nil
    ) throws(MPIError) {
        self.bytesPerElement = bytesPerElement
        self.communicator = try communicator.duplicate()
        let (rank, size) = (communicator.rank, communicator.size)
        let pieceElements = pieceElements ?? Self.pieceBytes(ranks: size) / bytesPerElement
        /// What a rank sends to its right neighbour: of each bucket its own block first, then those of the ranks to the left, the
        /// nearest first. A bucket sets out when the one before is an eighth of the way round: about eight blocks are on the
        /// way then, and those that have to come in before they go on leave no gap. (With two, small blocks reached 60 % of
        /// a link.)
        func sequence(ofRank rank: Int) -> [(bucket: Int, step: Int, elements: Range<Int>)] {
            let headStart = max(size / 8, 1)
            let stops = buckets.indices.flatMap { bucket in
                (0..<size - 1).map { (time: bucket * headStart + $0, bucket: bucket, step: $0) }
            }
            return stops.sorted { ($0.time, $0.bucket) < ($1.time, $1.bucket) }.flatMap { stop in
                let block = buckets[stop.bucket][(rank - stop.step + size) % size]
                return stride(from: block.lowerBound, to: block.upperBound, by: pieceElements).map {
                    (stop.bucket, stop.step, $0..<min($0 + pieceElements, block.upperBound))
                }
            }
        }
        let incoming = sequence(ofRank: (rank + size - 1) % size)
        var comesIn: [Int: Int] = [:]
        var piecesUpTo = [Int](repeating: 0, count: buckets.count)
        for (number, piece) in incoming.enumerated() {
            comesIn[piece.elements.lowerBound] = number + 1
            piecesUpTo[piece.bucket] = number + 1
        }
        for bucket in piecesUpTo.indices.dropFirst() {
            piecesUpTo[bucket] = max(piecesUpTo[bucket], piecesUpTo[bucket - 1])
        }
        self.piecesUpTo = piecesUpTo
        self.incoming = incoming.map(\.elements)
        outgoing = sequence(ofRank: rank).map { piece in
            Piece(
                elements: piece.elements, bucket: piece.bucket,
                needs: piece.step == 0 ? 0 : comesIn[piece.elements.lowerBound] ?? 0)
        }
    }

    public var isInFlight: Bool { flat != nil }

    /// Bytes that this rank sends in a gather.
    public var bytesSent: Int { outgoing.reduce(0) { $0 + bytesPerElement * $1.elements.count } }

    /// All ranks call it together.
    public func run(_ flat: UnsafeMutableRawPointer) throws(MPIError) {
        begin(flat)
        try finish()
    }

    /// Begins the same. Nothing of mine goes out before it is `release`d.
    public func begin(_ flat: UnsafeMutableRawPointer) {
        require(!isInFlight, "RingAllGather: begun again before it was finished")
        self.flat = flat
        (arrived, released) = (0, 0)
        sends.reset()
        receives.reset()
    }

    /// My own blocks of so many of the first buckets are what they are to be, and stay so.
    public func release(buckets: Int) { released = max(released, buckets) }

    /// Sends and receives what can be. True when all is done. For calls between pieces of work, from time to time.
    public func advance() throws(MPIError) -> Bool {
        guard let flat else { return true }
        try receives.poll()
        while receives.begun < incoming.count && receives.hasRoom {
            let piece = incoming[receives.begun]
            let (bytes, count) = bytes(of: piece, flat)
            try receives.receive(into: bytes, count: count, from: neighbour(-1), over: communicator)
        }
        try sends.poll()
        while sends.begun < outgoing.count && sends.hasRoom {
            let piece = outgoing[sends.begun]
            if piece.needs > receives.done || piece.bucket >= released { break }
            let (bytes, count) = bytes(of: piece.elements, flat)
            try sends.send(bytes, count: count, to: neighbour(1), over: communicator)
        }
        while arrived < released && piecesUpTo[arrived] <= receives.done { arrived += 1 }
        if arrived == piecesUpTo.count && sends.done == outgoing.count { self.flat = nil }
        return !isInFlight
    }

    /// Changes whenever a message was sent or came.
    public var movement: Int { sends.done + receives.done }

    /// Releases all, and waits for the rest.
    public func finish() throws(MPIError) {
        release(buckets: piecesUpTo.count)
        var patience = Patience()
        while try !advance() { try patience.check(movement: movement, "an all-gather") }
    }

    private func bytes(
        of elements: Range<Int>, _ flat: UnsafeMutableRawPointer
    ) -> (start: UnsafeMutablePointer<UInt8>, count: Int) {
        let start = flat + elements.lowerBound * bytesPerElement
        return (start.assumingMemoryBound(to: UInt8.self), elements.count * bytesPerElement)
    }

    private func neighbour(_ distance: Int) -> Int {
        (communicator.rank + distance + communicator.size) % communicator.size
    }
}
