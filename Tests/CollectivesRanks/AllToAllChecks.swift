import Collectives

/// What rank `from` sends to rank `to`: as many as both agree on, for some pairs nothing.
private func pairCount(_ from: Int, _ to: Int) -> Int { (from + 2 * to) % 4 }
private func pairElement(_ from: Int, _ to: Int, _ index: Int) -> Float { Float(10_000 * from + 100 * to + index) }

func checkAllToAll(_ checks: Checks) throws {
    try checks.check("allToAll") { world in
        let values = (0..<world.size).flatMap { to in (0..<2).map { pairElement(world.rank, to, $0) } }
        var result = [Float](repeating: -1, count: values.count)
        var span = result.mutableSpan
        try world.allToAll(values.span, into: &span)
        return result == (0..<world.size).flatMap { from in (0..<2).map { pairElement(from, world.rank, $0) } }
    }

    try checks.check("allToAll of unequal counts, some empty, blocking and not") { world in
        let rank = world.rank
        let ranks = 0..<world.size
        let values = ranks.flatMap { to in (0..<pairCount(rank, to)).map { pairElement(rank, to, $0) } }
        let expected = ranks.flatMap { from in (0..<pairCount(from, rank)).map { pairElement(from, rank, $0) } }
        let sends = BlockLayout(counts: ranks.map { pairCount(rank, $0) })
        let receives = BlockLayout(counts: ranks.map { pairCount($0, rank) })

        var result = [Float](repeating: -1, count: expected.count)
        var span = result.mutableSpan
        try world.allToAll(values.span, sends, into: &span, receives)

        let source = UnsafeMutableBufferPointer<Float>.allocate(capacity: values.count)
        let destination = UnsafeMutableBufferPointer<Float>.allocate(capacity: expected.count)
        defer {
            source.deallocate()
            destination.deallocate()
        }
        _ = source.initialize(fromContentsOf: values)
        destination.initialize(repeating: -1)
        try world.startAllToAll(UnsafeBufferPointer(source), sends, into: destination, receives).wait()
        return result == expected && Array(destination) == expected
    }

    try checks.check("allToAll of nothing at all") { world in
        let nothing = BlockLayout(size: world.size)
        let values: [Float] = []
        var result: [Float] = []
        var span = result.mutableSpan
        try world.allToAll(values.span, nothing, into: &span, nothing)
        return result.isEmpty
    }
}

func checkPointToPoint(_ checks: Checks) throws {
    try checks.check("sendReceive round the ring, counts unequal") { world in
        let next = (world.rank + 1) % world.size
        let previous = (world.rank + world.size - 1) % world.size
        let values = (0..<unevenCount(world.rank)).map { element(world.rank, $0) }
        var result = [Float](repeating: 0, count: 64)
        var span = result.mutableSpan
        let count = try world.sendReceive(values.span, to: next, into: &span, from: previous, tag: 3)
        return Array(result[..<count]) == (0..<unevenCount(previous)).map { element(previous, $0) }
    }

    try checks.check("send and receive, from rank to rank") { world in
        var token: [Int32] = [0]
        var span = token.mutableSpan
        if world.rank > 0 { try world.receive(into: &span, from: world.rank - 1) }
        let received = span[0]
        span[0] += 1
        if world.rank + 1 < world.size { try world.send(span.span, to: world.rank + 1) }
        return received == Int32(world.rank)
    }
}
