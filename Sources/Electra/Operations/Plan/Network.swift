package import ElectraSupport

/// What connects the nodes.
package struct Network: Sendable {
    package let name: String
    /// Bytes a second of gradients through a node's link, both ways at a time.
    let reduceScatterRate: Double
    let allGatherRate: Double
    /// Seconds of a message that carries nothing.
    let latency: Double

    package static let names = ["1gbit", "10gbit", "25gbit", "100gbit", "200gbit", "hdr"]

    /// "25gbit": Ethernet, through TCP. "hdr", "ndr200" and the like: InfiniBand, of so many Gbit/s.
    package init(name: String) throws(Failure) {
        let lowercase = name.lowercased()
        let infiniBand = ["edr": 100.0, "hdr100": 100, "hdr": 200, "ndr200": 200, "ndr": 400]
        let digits = Double(lowercase.dropLast(4))
        let ethernet =
            lowercase.hasSuffix("gbit") ? digits : lowercase.hasSuffix("mbit") ? digits.map { $0 / 1000 } : nil
        guard let gigabits = infiniBand[lowercase] ?? ethernet, gigabits > 0, gigabits <= 10_000 else {
            throw .usage(
                "--network \(name): expected 1gbit, 10gbit, 2.5gbit ... (Ethernet), or edr, hdr, ndr (InfiniBand)")
        }
        self.name = lowercase
        let wire = gigabits * 1e9 / 8
        if infiniBand[lowercase] != nil {
            reduceScatterRate = min(0.9 * wire, Self.addition)
            allGatherRate = 0.9 * wire
            latency = 3e-6
        } else {
            reduceScatterRate = min(Self.reduceScatterShare * Self.headers * wire, Self.reduceScatterThroughTCP)
            allGatherRate = min(Self.allGatherShare * Self.headers * wire, Self.allGatherThroughTCP)
            latency = 50e-6
        }
    }

    // Measured with cluster/lab on links of 1 Gbit, 2 to 8 hosts (docs/clusters.md).
    /// Of the bytes of a frame of 1,500.
    private static let headers = 0.956
    private static let reduceScatterShare = 0.90
    private static let allGatherShare = 0.95
    /// What one thread moves through Open MPI's TCP, two hosts with nothing else to do.
    private static let reduceScatterThroughTCP = 1.4e9
    private static let allGatherThroughTCP = 2.0e9
    /// What one thread adds up.
    private static let addition = 4e9
}
