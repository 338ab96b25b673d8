/// An `OrderedReduction` over all ranks that sends through a host's link what one rank there would: first the ranks of a host sum
/// up, each its share, then ranks with the same place on their hosts. The tree is the same, so the bits are.
public final class HostwiseReduction {
    /// Within hosts and between them, without the one that has a single rank.
    private let levels: [OrderedReduction]
    private let bucketCount: Int
    private let partials: [UnsafeMutablePointer<Float>]
    /// Where the sums of the host end: in a buffer of `partials` or, where these do not suffice, `spare`.
    private let hostSums: [UnsafeMutablePointer<Float>]
    private let result: [UnsafeMutablePointer<Float>]
    /// Only my share of them is ever touched.
    private let spare: [UnsafeMutablePointer<Float>]
    /// Bytes that this rank sends to other hosts in a reduction.
    public let bytesBetweenHosts: Int

    /// All ranks call this together. `shares` are cut for the grid's hosts; `buckets` have the elements of each rank, in the order
    /// of the grid's places; `partials` and `result` are as of `OrderedReduction`, and stay where they are.
    public init(
        _ grid: HostGrid, _ summation: Summation, _ shares: LeafShares, buckets: [[Range<Int>]],
        partials: [UnsafeMutablePointer<Float>],
        into result: UnsafeMutablePointer<Float>
    ) throws(MPIError) {
        bucketCount = buckets.count
        self.partials = partials
        self.result = [result]
        var levels: [OrderedReduction] = []
        var spare: [UnsafeMutablePointer<Float>] = []
        var hostSums: [UnsafeMutablePointer<Float>] = []
        if grid.ranksPerHost > 1 {
            let within = try OrderedReduction(
                grid.within, summation, shares.tree, leaves: Array(shares.ofRanks[grid.ranksHere]),
                buckets: grid.columns(buckets))
            let places = within.sums.indices.map(within.placeOfSum)
            var free = partials.indices.filter { !places.contains($0) }.map { partials[$0] }
            let end = buckets.joined().map(\.upperBound).max() ?? 0
            hostSums = places.map { place in
                if let place { return partials[place] }
                if let buffer = free.popLast() { return buffer }
                spare.append(.allocate(capacity: end))
                return spare[spare.count - 1]
            }
            levels.append(within)
        }
        if grid.hosts > 1 || levels.isEmpty {
            levels.append(
                try OrderedReduction(
                    grid.between, summation, shares.tree, leaves: shares.ofHosts, buckets: grid.column(buckets)))
        }
        bytesBetweenHosts = grid.hosts > 1 ? levels[levels.count - 1].bytesSent : 0
        self.spare = spare
        self.hostSums = hostSums
        self.levels = levels
    }

    deinit { for buffer in spare { buffer.deallocate() } }

    public var isInFlight: Bool { levels.contains { $0.isInFlight } }

    /// Bytes that this rank sends in a reduction.
    public var bytesSent: Int { levels.reduce(0) { $0 + $1.bytesSent } }

    /// Changes whenever a message was sent or came.
    public var movement: Int { levels.reduce(0) { $0 + $1.movement } }

    /// As of `OrderedReduction`.
    public func begin() {
        levels[0].begin(partials: partials, into: levels.count == 1 ? result : hostSums)
        if levels.count == 2 { levels[1].begin(partials: hostSums, into: result) }
    }

    public func release(buckets: Int) { levels[0].release(buckets: buckets) }

    public func advance() throws(MPIError) -> Bool {
        var areDone = try levels[0].advance()
        if levels.count == 2 {
            levels[1].release(buckets: levels[0].bucketsDone)
            areDone = try levels[1].advance() && areDone
        }
        return areDone
    }

    public func finish() throws(MPIError) {
        release(buckets: bucketCount)
        var patience = Patience()
        while try !advance() { try patience.check(movement: movement, "a reduce-scatter") }
    }
}
