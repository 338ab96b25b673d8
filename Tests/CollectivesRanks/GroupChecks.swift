import Collectives

func checkGroups(_ checks: Checks) throws {
    try checks.check("rank and size") { world in
        try world.allReduce(UInt64(1) << UInt64(world.rank), .sum) == (UInt64(1) << UInt64(world.size)) - 1
            && !Communicator.hostName.isEmpty && MPIRuntime.libraryVersion.contains("MPI")
    }

    try checks.check("split into even and odd ranks, order reversed") { world in
        let isOdd = world.rank % 2
        let group = try world.split(color: isOdd, key: world.size - world.rank)
        let members = (0..<world.size).filter { $0 % 2 == isOdd }
        let sum = try group.allReduce(Int64(world.rank), .sum)
        return group.size == members.count && members.reversed()[group.rank] == world.rank
            && sum == members.reduce(0) { $0 + Int64($1) }
    }

    try checks.check("split that leaves rank 0 out") { world in
        let group = try world.split(color: world.rank == 0 ? nil : 7)
        guard let group else { return world.rank == 0 }
        return try group.allReduce(Int32(1), .sum) == Int32(world.size - 1) && group.rank == world.rank - 1
    }

    try checks.check("duplicate is a line of its own") { world in
        let other = try world.duplicate()
        guard other.rank == world.rank, other.size == world.size else { return false }
        // Begun in a different order on the two sides of the group: on one line this would mix them up.
        let mine = UnsafeMutableBufferPointer<Float>.allocate(capacity: 2)
        defer { mine.deallocate() }
        mine[0] = 1
        mine[1] = 10
        let first = UnsafeMutableBufferPointer(rebasing: mine[0..<1])
        let second = UnsafeMutableBufferPointer(rebasing: mine[1..<2])
        var queue = RequestQueue(capacity: 2)
        if world.rank.isMultiple(of: 2) {
            queue.add(try world.startAllReduce(first, .sum))
            queue.add(try other.startAllReduce(second, .sum))
        } else {
            queue.add(try other.startAllReduce(second, .sum))
            queue.add(try world.startAllReduce(first, .sum))
        }
        try queue.waitAll()
        return mine[0] == Float(world.size) && mine[1] == Float(10 * world.size)
    }

    try checks.check("split by host") { world in
        let host = try world.splitByHost()
        let hosts = try world.allGather(Communicator.hostName)
        return host.size == hosts.count { $0 == Communicator.hostName }
    }
}
