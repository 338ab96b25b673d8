import Collectives

func checkRequests(_ checks: Checks) throws {
    try checks.check("startAllReduce on a span") { world in
        var values: [Float] = [1, Float(world.rank)]
        var span = values.mutableSpan
        var pending = try world.startAllReduce(&span, .sum)
        while try !pending.test() {}
        try pending.wait()
        return values == [Float(world.size), Float(world.size * (world.size - 1) / 2)]
    }

    try checks.check("startBroadcast on a span from the last rank") { world in
        var values: [Double] = [Double(world.rank)]
        var span = values.mutableSpan
        let pending = try world.startBroadcast(&span, from: world.size - 1)
        try pending.wait()
        return values == [Double(world.size - 1)]
    }

    try checks.check("many requests in flight, waited for together, twice") { world in
        let count = 8
        let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
        defer { memory.deallocate() }
        var queue = RequestQueue(capacity: count)
        var isGood = true
        for isPolled in [false, true] {
            for index in 0..<count {
                memory[index] = Float(index * (world.rank + 1))
                let values = UnsafeMutableBufferPointer(rebasing: memory[index..<index + 1])
                queue.add(try world.startAllReduce(values, .sum))
            }
            isGood = isGood && queue.count == count
            if isPolled { while try !queue.testAll() {} } else { try queue.waitAll() }
            let sum = world.size * (world.size + 1) / 2
            isGood = isGood && queue.isEmpty && Array(memory) == (0..<count).map { Float($0 * sum) }
        }
        return isGood
    }
}
