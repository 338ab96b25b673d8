package import Collectives

/// What the exchange with other ranks costs one of them.
package struct CommunicationAccount: Sendable {
    /// From the first byte to the last.
    package private(set) var seconds = 0.0
    /// Of them, those in which lanes had nothing to do.
    package private(set) var exposedSeconds = 0.0
    package private(set) var bytesSent = 0
    /// Of them, to other hosts.
    package private(set) var bytesBetweenHosts = 0
    /// What lanes computed meanwhile and else.
    package var computeSeconds = 0.0
    package var steps = 0

    package mutating func add(seconds: Double, exposed: Double, bytes: Int = 0, betweenHosts: Int = 0) {
        self.seconds += seconds
        exposedSeconds += exposed
        bytesSent += bytes
        bytesBetweenHosts += betweenHosts
    }
}

/// The same of all ranks, for a step.
package struct CommunicationReport: Sendable {
    /// Means over the ranks.
    package let seconds: Double
    package let hiddenSeconds: Double
    /// Of the rank that sends most.
    package let bytesSent: Int
    /// Of the host that sends most.
    package let bytesBetweenHosts: Int
    /// Who computed longest, and how much longer than the mean: the others wait for it.
    package let slowestRank: Int
    package let slowestLag: Double

    /// All ranks call this together; nil for a rank alone.
    package init?(
        _ account: CommunicationAccount, over communicator: Communicator, ranksPerHost: Int
    ) throws(MPIError) {
        if communicator.isAlone || account.steps == 0 { return nil }
        let mine = [
            account.seconds, account.exposedSeconds, Double(account.bytesSent), account.computeSeconds,
            Double(account.bytesBetweenHosts),
        ]
        var all = [Double](repeating: 0, count: mine.count * communicator.size)
        var span = all.mutableSpan
        try communicator.allGather(mine.span, into: &span)
        let (ranks, steps) = (0..<communicator.size, Double(account.steps))
        func values(_ number: Int) -> [Double] { ranks.map { all[mine.count * $0 + number] / steps } }
        func mean(_ number: Int) -> Double { values(number).reduce(0, +) / Double(ranks.count) }
        seconds = mean(0)
        hiddenSeconds = max(mean(0) - mean(1), 0)
        bytesSent = Int(values(2).max() ?? 0)
        let between = values(4)
        let hosts = stride(from: 0, to: ranks.count, by: ranksPerHost)
        bytesBetweenHosts = Int(hosts.map { between[$0..<$0 + ranksPerHost].reduce(0, +) }.max() ?? 0)
        let computing = values(3)
        slowestRank = ranks.max { computing[$0] < computing[$1] } ?? 0
        slowestLag = computing[slowestRank] - mean(3)
    }
}
