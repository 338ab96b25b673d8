import Collectives
import ElectraKernels
import ElectraSupport

/// What goes from one host to another, for all pairs of them: one slow cable or port makes all wait, and shows in no sum.
///
/// All hosts are busy at a time, in pairs that change from round to round as in a tournament: each meets each once.
enum LinkMeasurement {
    /// Beyond so many hosts, each meets some of the others only.
    private static let mostRounds = 63
    private static let count = 1 << 20

    /// All ranks call this together; the first of each host measures and gets what was found, with ranks in the place of hosts;
    /// the others get nothing. Both buffers have room for a million numbers.
    static func rates(
        _ world: Communicator, from source: FlatBuffer, into target: FlatBuffer
    ) throws(MPIError) -> [DoctorReport.Link] {
        let host = try world.splitByHost()
        guard let first = try world.split(color: host.rank == 0 ? 0 : nil) else { return [] }
        if first.size == 1 { return [] }
        let players = first.size + first.size % 2
        var mine: [(other: Int, rate: Double)] = []
        for round in 0..<min(players - 1, mostRounds) {
            let other = partner(of: first.rank, round: round, players: players)
            try first.barrier()
            guard other < first.size else { continue }
            let sent = UnsafeBufferPointer(start: source.base, count: count).span
            var received = UnsafeMutableBufferPointer(start: target.base, count: count).mutableSpan
            // One way after the other: a large message each way at a time takes Open MPI twice as long.
            for isSender in [first.rank < other, first.rank > other] {
                // Both begin together, and connections are there.
                try first.sendReceive(sent.extracting(0..<1), to: other, into: &received, from: other)
                if isSender {
                    try first.send(sent, to: other)
                } else {
                    let stopwatch = Stopwatch()
                    try first.receive(into: &received, from: other)
                    mine.append((other, 4 * Double(count) / stopwatch.seconds / 1e9))
                }
            }
        }
        return try gather(mine, rank: world.rank, first)
    }

    /// The circle method: the last player stays where it is, the others go round it.
    static func partner(of player: Int, round: Int, players: Int) -> Int {
        let circle = players - 1
        if player == circle { return round }
        if player == round { return circle }
        return ((2 * round - player) % circle + circle) % circle
    }

    private static func gather(
        _ mine: [(other: Int, rate: Double)], rank: Int, _ first: Communicator
    ) throws(MPIError) -> [DoctorReport.Link] {
        var ranks = [Int64](repeating: 0, count: first.size)
        var rankSpan = ranks.mutableSpan
        try first.allGather([Int64(rank)].span, into: &rankSpan)
        var table = [Double](repeating: 0, count: first.size)
        for (other, rate) in mine { table[other] = rate }
        var all = [Double](repeating: 0, count: first.size * first.size)
        var span = all.mutableSpan
        try first.allGather(table.span, into: &span)
        var links: [DoctorReport.Link] = []
        for one in 0..<first.size {
            for other in one + 1..<first.size where all[one * first.size + other] > 0 {
                // The slower way.
                let rate = min(all[one * first.size + other], all[other * first.size + one])
                links.append(
                    DoctorReport.Link(one: Int(ranks[one]), other: Int(ranks[other]), gigabytesPerSecond: rate))
            }
        }
        return links
    }
}
