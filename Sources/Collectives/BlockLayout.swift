/// Where each rank's block lies in one buffer: the counts and displacements of MPI's "v" calls (MPI 3.1, 5.5), in
/// elements. A block may be empty.
///
/// A class over memory that never moves, because MPI reads both lists until a non-blocking call is done (5.12): whoever
/// starts one keeps the layout, and leaves it unchanged, until then.
public final class BlockLayout {
    public let size: Int
    let counts: UnsafeMutablePointer<Int32>
    let displacements: UnsafeMutablePointer<Int32>

    /// `size` empty blocks, to be `set`.
    public init(size: Int) {
        self.size = size
        counts = .allocate(capacity: size)
        displacements = .allocate(capacity: size)
        counts.initialize(repeating: 0, count: size)
        displacements.initialize(repeating: 0, count: size)
    }

    /// One block for each rank, which is a range of the buffer.
    public convenience init(_ blocks: [Range<Int>]) {
        self.init(size: blocks.count)
        for (rank, block) in blocks.enumerated() { self[rank] = block }
    }

    /// Blocks of these sizes, one after the other.
    public convenience init(counts: [Int]) {
        self.init(size: counts.count)
        var start = 0
        for (rank, count) in counts.enumerated() {
            require(count >= 0, "BlockLayout: a count of \(count) for rank \(rank)")
            self[rank] = start..<start + count
            start += count
        }
    }

    deinit {
        counts.deallocate()
        displacements.deallocate()
    }

    /// The block of `rank`.
    public subscript(rank: Int) -> Range<Int> {
        get {
            requireRank(rank)
            return Int(displacements[rank])..<Int(displacements[rank]) + Int(counts[rank])
        }
        set {
            requireRank(rank)
            counts[rank] = cInt(newValue.count, "BlockLayout")
            displacements[rank] = cInt(newValue.lowerBound, "BlockLayout")
        }
    }

    /// How long a buffer must be to hold all blocks.
    var extent: Int {
        var result = 0
        for rank in 0..<size where counts[rank] > 0 { result = max(result, self[rank].upperBound) }
        return result
    }

    /// Checks that this layout is one for `size` ranks and fits a buffer of `count` elements.
    func requireFit(_ count: Int, ranks: Int, _ call: StaticString) {
        require(size == ranks, "\(call): a layout for \(size) ranks in a group of \(ranks)")
        requireRoom(extent, in: count, call)
    }

    private func requireRank(_ rank: Int) {
        require(rank >= 0 && rank < size, "BlockLayout: no rank \(rank) among \(size)")
    }
}
