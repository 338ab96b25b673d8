import Collectives

func checkBroadcast(_ checks: Checks) throws {
    try checks.check("broadcast from each root") { world in
        var isGood = true
        for root in 0..<world.size {
            var values = (0..<7).map { world.rank == root ? element(root, $0) : 0 }
            var span = values.mutableSpan
            try world.broadcast(&span, from: root)
            isGood = isGood && values == (0..<7).map { element(root, $0) }
            isGood = try isGood && world.broadcast(Int32(world.rank), from: root) == Int32(root)
        }
        return isGood
    }
}

/// What `unevenCount` ranks hold, side by side, with a gap of one element before each block.
private func unevenLayout(_ size: Int) -> (layout: BlockLayout, expected: [Float]) {
    var blocks: [Range<Int>] = []
    var expected: [Float] = []
    for rank in 0..<size {
        expected.append(-1)
        blocks.append(expected.count..<expected.count + unevenCount(rank))
        expected += (0..<unevenCount(rank)).map { element(rank, $0) }
    }
    return (BlockLayout(blocks), expected)
}

func checkGathers(_ checks: Checks) throws {
    try checks.check("gather to each root") { world in
        var isGood = true
        for root in 0..<world.size {
            let values = (0..<3).map { element(world.rank, $0) }
            var result = [Float](repeating: 0, count: world.rank == root ? 3 * world.size : 0)
            var span = result.mutableSpan
            try world.gather(values.span, into: &span, to: root)
            let expected = (0..<world.size).flatMap { rank in (0..<3).map { element(rank, $0) } }
            isGood = isGood && result == (world.rank == root ? expected : [])
        }
        return isGood
    }

    try checks.check("gather of unequal counts, some empty, to each root") { world in
        let (layout, expected) = unevenLayout(world.size)
        let values = (0..<unevenCount(world.rank)).map { element(world.rank, $0) }
        var isGood = true
        for root in 0..<world.size {
            let isRoot = world.rank == root
            var result = [Float](repeating: -1, count: isRoot ? expected.count : 0)
            var span = result.mutableSpan
            try world.gather(values.span, into: &span, isRoot ? layout : nil, to: root)
            isGood = isGood && result == (isRoot ? expected : [])
        }
        return isGood
    }

    try checks.check("allGather") { world in
        let values = [UInt32(world.rank), UInt32(world.rank) + 100]
        var result = [UInt32](repeating: 0, count: 2 * world.size)
        var span = result.mutableSpan
        try world.allGather(values.span, into: &span)
        return result == (0..<world.size).flatMap { [UInt32($0), UInt32($0) + 100] }
    }

    try checks.check("allGather of unequal counts, some empty") { world in
        let (layout, expected) = unevenLayout(world.size)
        let values = (0..<unevenCount(world.rank)).map { element(world.rank, $0) }
        var result = [Float](repeating: -1, count: expected.count)
        var span = result.mutableSpan
        try world.allGather(values.span, into: &span, layout)
        return result == expected
    }

    try checks.check("allGather in place of unequal counts, blocking and not") { world in
        let (layout, expected) = unevenLayout(world.size)
        var isGood = true
        for isBlocking in [true, false] {
            let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: expected.count)
            defer { buffer.deallocate() }
            buffer.initialize(repeating: -1)
            for index in layout[world.rank] { buffer[index] = expected[index] }
            if isBlocking {
                try world.allGather(inPlace: buffer, layout)
            } else {
                try world.startAllGather(inPlace: buffer, layout).wait()
            }
            isGood = isGood && Array(buffer) == expected
        }
        return isGood
    }
}
