/// Ranks by host: where each host has equally many, a grid of hosts and of places on a host. What is exchanged goes through a
/// host's link once, not once for each of its ranks: first among the ranks of a host, through its memory, then between ranks
/// that have the same place on all hosts.
///
/// Otherwise each rank counts as a host of its own.
public struct HostGrid {
    /// The ranks of this host.
    public let within: Communicator
    /// A rank of each host: those with my place.
    public let between: Communicator
    public var hosts: Int { between.size }
    public var ranksPerHost: Int { within.size }

    /// All ranks call this together. Those of a host follow one another, as `MPIRuntime` sees to. `host` are those that count
    /// as being on this one, by default those that are.
    public init(_ world: Communicator, host: Communicator? = nil) throws(MPIError) {
        let host = if let host { host } else { try world.splitByHost() }
        let first = try host.broadcast(Int32(world.rank), from: 0)
        let mostRanks = try world.allReduce(Int32(host.size), .maximum)
        let isRegular = host.size == mostRanks && world.rank == Int(first) + host.rank
        if try world.allReduce(Int32(isRegular ? 1 : 0), .minimum) == 1 {
            within = host
            between = try world.split(color: host.rank)
        } else {
            within = .alone
            between = world
        }
    }

    /// Where a rank's elements stand among those of all: the ranks with one place on all hosts side by side, so that what
    /// these have is one range.
    public func place(ofRank rank: Int) -> Int { rank % ranksPerHost * hosts + rank / ranksPerHost }

    /// The ranks of my host.
    var ranksHere: Range<Int> { between.rank * ranksPerHost..<(between.rank + 1) * ranksPerHost }

    /// Which leaves each rank has, where each has so many lanes.
    public func shares(of tree: SummationTree, lanes: Int) -> LeafShares {
        LeafShares(tree, hosts: hosts, ranksPerHost: ranksPerHost, lanes: lanes)
    }

    /// The ranks with one place on all hosts.
    func ranks(atPlace place: Int) -> [Int] { (0..<hosts).map { $0 * ranksPerHost + place } }

    /// What they have together of each bucket, given what each rank has.
    func columns(_ buckets: [[Range<Int>]]) -> [[Range<Int>]] {
        buckets.map { parts in
            (0..<ranksPerHost).map { place in
                let mine = ranks(atPlace: place).map { parts[$0] }
                return mine[0].lowerBound..<mine[hosts - 1].upperBound
            }
        }
    }

    /// What each of the ranks with my place has of it.
    func column(_ buckets: [[Range<Int>]]) -> [[Range<Int>]] {
        buckets.map { parts in ranks(atPlace: within.rank).map { parts[$0] } }
    }
}
