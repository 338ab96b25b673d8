/// The way back of a `HostwiseReduction`: a ring through the ranks with the same place on their hosts, and what came that way
/// through a ring of the ranks of each host.
public final class HostwiseAllGather {
    /// Between hosts and within them, without the one that has a single rank.
    private let levels: [RingAllGather]
    private let bucketCount: Int
    /// Bytes that this rank sends to other hosts in a gather.
    public let bytesBetweenHosts: Int

    /// All ranks call this together. `buckets` have the elements of each rank, in the order of the grid's places.
    public init(
        _ grid: HostGrid, buckets: [[Range<Int>]], bytesPerElement: Int = MemoryLayout<Float>.size
    ) throws(MPIError) {
        bucketCount = buckets.count
        var levels: [RingAllGather] = []
        if grid.hosts > 1 || grid.ranksPerHost == 1 {
            levels.append(
                try RingAllGather(grid.between, buckets: grid.column(buckets), bytesPerElement: bytesPerElement))
        }
        bytesBetweenHosts = levels.first?.bytesSent ?? 0
        if grid.ranksPerHost > 1 {
            levels.append(
                try RingAllGather(grid.within, buckets: grid.columns(buckets), bytesPerElement: bytesPerElement))
        }
        self.levels = levels
    }

    public var isInFlight: Bool { levels.contains { $0.isInFlight } }

    /// The first so many buckets are whole.
    public var arrived: Int { levels[levels.count - 1].arrived }

    /// Bytes that this rank sends in a gather.
    public var bytesSent: Int { levels.reduce(0) { $0 + $1.bytesSent } }

    /// Changes whenever a message was sent or came.
    public var movement: Int { levels.reduce(0) { $0 + $1.movement } }

    /// All ranks call it together. My own blocks are what they are to be, and stay so.
    public func begin(_ flat: UnsafeMutableRawPointer) {
        for level in levels { level.begin(flat) }
        levels[0].release(buckets: bucketCount)
    }

    /// As of `RingAllGather`.
    public func advance() throws(MPIError) -> Bool {
        var areDone = try levels[0].advance()
        if levels.count == 2 {
            levels[1].release(buckets: levels[0].arrived)
            areDone = try levels[1].advance() && areDone
        }
        return areDone
    }

    public func finish() throws(MPIError) {
        var patience = Patience()
        while try !advance() { try patience.check(movement: movement, "an all-gather") }
    }
}
