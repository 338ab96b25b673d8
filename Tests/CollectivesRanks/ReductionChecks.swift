import Collectives

/// Barrier, all-reduce and reduce.
func checkReductions(_ checks: Checks) throws {
    try checks.check("barrier") { world in
        try world.barrier()
        return true
    }

    try checks.check("allReduce in place") { world in
        let size = world.size
        var values = (0..<5).map { Int64(world.rank * 10 + $0) }
        var span = values.mutableSpan
        try world.allReduce(&span, .sum)
        let sumOfRanks = size * (size - 1) / 2
        return values == (0..<5).map { Int64(sumOfRanks * 10 + size * $0) }
    }

    try checks.check("allReduce into another buffer") { world in
        let values: [Double] = [Double(world.rank), -Double(world.rank)]
        var result = [Double](repeating: .nan, count: 2)
        var span = result.mutableSpan
        try world.allReduce(values.span, into: &span, .maximum)
        return result == [Double(world.size - 1), 0] && values[0] == Double(world.rank)
    }

    try checks.check("allReduce of no elements") { world in
        var values: [Float] = []
        var span = values.mutableSpan
        try world.allReduce(&span, .sum)
        return values.isEmpty
    }

    try checks.check("allReduce of one number, each operation and type") { world in
        let rank = world.rank
        let size = world.size
        let everyBit = (UInt64(1) << UInt64(size)) - 1
        return try world.allReduce(Float(rank), .sum) == Float(size * (size - 1) / 2)
            && world.allReduce(Double(rank), .minimum) == 0
            && world.allReduce(Int8(-1), .product) == (size.isMultiple(of: 2) ? 1 : -1)
            && world.allReduce(Int16(rank), .maximum) == Int16(size - 1)
            && world.allReduce(Int32(rank), .maximum) == Int32(size - 1)
            && world.allReduce(Int64.max - Int64(rank), .maximum) == .max
            && world.allReduce(UInt8(255 - rank), .maximum) == 255
            && world.allReduce(UInt16(1 << rank), .bitwiseOr) == UInt16(everyBit)
            && world.allReduce(UInt32(3) << UInt32(rank), .bitwiseAnd) == (size == 1 ? 3 : size == 2 ? 2 : 0)
            && world.allReduce(UInt64(1) << UInt64(rank), .bitwiseXor) == everyBit
    }

    try checks.check("reduce to each root, in place and not") { world in
        let size = world.size
        let sum = Float(size * (size + 1) / 2)
        var isGood = true
        for root in 0..<size {
            let values = [Float(world.rank + 1), 2 * Float(world.rank + 1)]

            var inPlace = values
            var inPlaceSpan = inPlace.mutableSpan
            try world.reduce(&inPlaceSpan, .sum, to: root)
            isGood = isGood && inPlace == (world.rank == root ? [sum, 2 * sum] : values)

            var result = [Float](repeating: 0, count: world.rank == root ? 2 : 0)
            var resultSpan = result.mutableSpan
            try world.reduce(values.span, into: &resultSpan, .sum, to: root)
            isGood = isGood && result == (world.rank == root ? [sum, 2 * sum] : [])
        }
        return isGood
    }
}
