import Collectives

func checkText(_ checks: Checks) throws {
    try checks.check("broadcast of bytes and text of unknown length") { world in
        var isGood = true
        for root in 0..<world.size {
            let text = String(repeating: "Grüße ", count: root * 3)
            isGood = try isGood && world.broadcast(world.rank == root ? text : "other", from: root) == text
            let bytes = [UInt8](repeating: 7, count: root)
            isGood = try isGood && world.broadcast(world.rank == root ? bytes : [], from: root) == bytes
        }
        return isGood
    }

    try checks.check("gather of texts, some empty") { world in
        let text = { (rank: Int) in String(repeating: "ä\(rank)", count: unevenCount(rank)) }
        let expected = (0..<world.size).map(text)
        let root = world.size - 1
        return try world.gather(text(world.rank), to: root) == (world.rank == root ? expected : [])
            && world.allGather(text(world.rank)) == expected
            && world.allGather("") == expected.map { _ in "" }
    }
}

func checkAgreement(_ checks: Checks) throws {
    try checks.check("nobody failed") { try $0.agree(on: nil) == nil }

    try checks.check("each rank fails alone, then all together") { world in
        var isGood = true
        for failing in 0..<world.size {
            let failure = LocalFailure("file of rank \(world.rank)", exitCode: 65 + Int32(world.rank))
            let agreed = try world.agree(on: world.rank == failing ? failure : nil)
            isGood =
                isGood && agreed?.rank == failing && agreed?.message == "file of rank \(failing)"
                && agreed?.exitCode == 65 + Int32(failing)
        }
        let all = try world.agree(on: LocalFailure("rank \(world.rank)", exitCode: Int32(world.rank)))
        return isGood && all?.rank == 0 && all?.message == "rank 0" && all?.exitCode == 0
    }

    try checks.check("together") { world in
        struct Broken: Error {}
        let last = world.size - 1
        let describe = { (_: any Error) in LocalFailure("broken", exitCode: 74) }
        guard try world.together(describing: describe, { world.rank }) == world.rank else { return false }
        do {
            try world.together(describing: describe) { if world.rank == last { throw Broken() } }
            return false
        } catch let error as AgreedFailure {
            return error.rank == last && error.message == "broken" && error.exitCode == 74
        }
    }
}

/// Errors come back as values that name the call; nothing aborts.
func checkErrors(_ checks: Checks) throws {
    try checks.check("a root that does not exist") { world in
        var isGood = true
        for group in [world, try world.duplicate()] {
            do throws(MPIError) {
                var values: [Float] = [1]
                var span = values.mutableSpan
                try group.broadcast(&span, from: 99)
                isGood = false
            } catch {
                isGood =
                    isGood && error.call == "MPI_Bcast" && error.text.contains("MPI_ERR_ROOT")
                    && "\(error)".hasPrefix("MPI_Bcast failed: ")
            }
            do throws(MPIError) {
                var values: [Float] = [1]
                var span = values.mutableSpan
                try group.reduce(&span, .sum, to: -7)
                isGood = false
            } catch {
                isGood = isGood && error.call == "MPI_Reduce" && error.text.contains("MPI_ERR_ROOT")
            }
        }
        return isGood
    }

    try checks.check("an operation that floating point has not") { world in
        if world.isAlone { return true }
        do throws(MPIError) {
            _ = try world.allReduce(Float(1), .bitwiseAnd)
            return false
        } catch {
            return error.call == "MPI_Allreduce" && error.text.contains("MPI_ERR_OP")
        }
    }
}
