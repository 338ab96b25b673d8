import Collectives

/// Reductions and gathers over ranks that are taken to share hosts, so many on each.
func checkHostGrids(_ checks: Checks) throws {
    let size = checks.world.size
    for ranksPerHost in 1...size where size.isMultiple(of: ranksPerHost) {
        let hosts = size / ranksPerHost
        try checks.check(
            "\(hosts) hosts of \(ranksPerHost) ranks: the bits of one rank, what one rank a host would send"
        ) { world in
            let host: Communicator = try world.split(color: world.rank / ranksPerHost)
            let grid = try HostGrid(world, host: host)
            var isGood = grid.hosts == hosts && grid.ranksPerHost == ranksPerHost
            for leafCount in [size, size + 1, 13, 16, 64] where leafCount >= size {
                for wire in Wire.allCases {
                    isGood = try isOrdered(grid, world, wire, leafCount: leafCount) && isGood
                }
            }
            return isGood
        }
    }

    // As the launcher dealt them out, or one host with fewer.
    for (name, host) in [
        ("scattered ranks", checks.world.rank % 2), ("a host with one rank", max(checks.world.rank, 1)),
    ]
    where size > 2 {
        try checks.check("\(name): each counts as a host") { world in
            let grid = try HostGrid(world, host: world.split(color: Optional(host)))
            return try grid.hosts == size && grid.ranksPerHost == 1 && isOrdered(grid, world, .floats, leafCount: size)
        }
    }
}

/// Runs it and the way back, twice over the same objects, bucket after bucket.
private func isOrdered(_ grid: HostGrid, _ world: Communicator, _ wire: Wire, leafCount: Int) throws -> Bool {
    // The last bucket first in memory, and none for some ranks.
    let shapes = [(count: 301, start: 200), (count: 200, start: 0), (count: 2, start: 501)]
    let buckets = shapes.map { count, start in
        (0..<world.size).map { rank in
            let part = SummationTree.range(ofPart: grid.place(ofRank: rank), parts: world.size, count: count)
            return start + part.lowerBound..<start + part.upperBound
        }
    }
    let count = 503
    let tree = SummationTree(leafCount: leafCount)
    let shares = grid.shares(of: tree, lanes: 3)
    let nodes = tree.subtrees(covering: shares.ofRanks[world.rank])
    let partials = nodes.map { _ in UnsafeMutablePointer<Float>.allocate(capacity: count) }
    defer { for buffer in partials { buffer.deallocate() } }
    let reduction = try HostwiseReduction(
        grid, wire.summation, shares, buckets: buckets, partials: partials, into: partials[0])
    let gather = try HostwiseAllGather(grid, buckets: buckets.reversed())
    let expected = (0..<count).map { wire.treeSum($0, of: tree.root, leafCount: leafCount) }

    var isGood = true
    for _ in 0..<2 {
        for (node, partial) in zip(nodes, partials) {
            for index in 0..<count { partial[index] = wire.treeSum(index, of: node, leafCount: leafCount) }
        }
        reduction.begin()
        var calls = 0
        while try !reduction.advance() {
            calls += 1
            reduction.release(buckets: min(calls / (world.rank + 1), buckets.count))
        }
        let result = partials[0]
        for index in buckets.flatMap({ $0[world.rank] }) {
            isGood = isGood && result[index].bitPattern == expected[index].bitPattern
        }
        gather.begin(result)
        while try !gather.advance() {
            // What has arrived is whole.
            for index in buckets.reversed().prefix(gather.arrived).joined().joined() {
                isGood = isGood && result[index].bitPattern == expected[index].bitPattern
            }
        }
        for index in 0..<count { isGood = isGood && result[index].bitPattern == expected[index].bitPattern }
    }
    // Of a power of two, all ranks of a host together send what a ring of hosts would.
    let sent = try grid.within.allReduce(
        Int64(reduction.bytesBetweenHosts + gather.bytesBetweenHosts), .sum)
    let hosts = grid.hosts
    let isPower = hosts & (hosts - 1) == 0 && leafCount & (leafCount - 1) == 0
    return isGood && (!isPower || abs(Int(sent) - (4 + wire.bytes) * count * (hosts - 1) / hosts) <= 8 * 3 * hosts)
}
