import Collectives

/// A number that depends on all three, with magnitudes from 2^-20 to 2^20, so that another order of additions would
/// round otherwise (SplitMix64).
private func leafValue(_ leaf: Int, _ index: Int) -> Float {
    var bits = UInt64(leaf) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(index) &* 0xBF58_476D_1CE4_E5B9 &+ 0x94D0_49BB_1331_11EB
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    bits ^= bits >> 31
    let magnitude = Int(bits % 41) - 20
    let fraction = Float(Int32(truncatingIfNeeded: bits >> 32)) * 0x1p-31
    return fraction * Float(sign: .plus, exponent: magnitude, significand: 1)
}

/// What is added, and travels: Floats as they are, or their upper halves, to which they are rounded before.
enum Wire: CaseIterable, Sendable {
    case floats, halves

    var bytes: Int { self == .floats ? 4 : 2 }

    var summation: Summation {
        @Sendable func add(_ destination: UnsafeMutablePointer<Float>, _ source: UnsafePointer<Float>, _ count: Int) {
            for index in 0..<count { destination[index] = sum(destination[index], source[index]) }
        }
        if self == .floats { return Summation(add) }
        return Summation(roundingBoth: add) { halves, values, count in
            for index in 0..<count { halves[index] = upperHalf(values[index]) }
        } widen: { values, halves, count in
            for index in 0..<count { values[index] = Float(upperHalf: halves[index]) }
        }
    }

    /// The sum of a subtree, by definition.
    func treeSum(_ index: Int, of node: SummationTree.Node, leafCount: Int) -> Float {
        treeSum(index, first: node.index << node.level, width: 1 << node.level, leafCount: leafCount)
    }

    /// The tree's sum of the leaves first ..< first + width as far as they exist, by definition: halves first.
    private func treeSum(_ index: Int, first: Int, width: Int, leafCount: Int) -> Float {
        if width == 1 { return leafValue(first, index) }
        let half = width / 2
        let left = treeSum(index, first: first, width: half, leafCount: leafCount)
        if first + half >= leafCount { return left }
        return sum(left, treeSum(index, first: first + half, width: half, leafCount: leafCount))
    }

    private func sum(_ left: Float, _ right: Float) -> Float {
        self == .floats ? left + right : Float(upperHalf: upperHalf(left)) + Float(upperHalf: upperHalf(right))
    }
}

/// Of the nearest Float that has nothing in the lower one; of two, that with an even one.
private func upperHalf(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    return UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
}

extension Float {
    fileprivate init(upperHalf: UInt16) { self.init(bitPattern: UInt32(upperHalf) << 16) }
}

/// Runs one reduction and the way back, twice over the same object, and compares bits.
private func isOrdered(
    _ world: Communicator, _ wire: Wire, leafCount: Int, buckets: [[Range<Int>]], chunkElements: Int, inPlace: Bool,
    inBackground: Bool
) throws -> Bool {
    let all = buckets.joined().filter { !$0.isEmpty }
    let count = all.map(\.upperBound).max() ?? 0
    let tree = SummationTree(leafCount: leafCount)
    let reduction = try OrderedReduction(
        world, wire.summation, leafCount: leafCount, buckets: buckets, chunkElements: chunkElements)
    let ring = try RingAllGather(world, buckets: buckets.reversed(), pieceElements: chunkElements)
    func isMine(_ index: Int) -> Bool { reduction.parts.contains { $0.contains(index) } }
    let partials = reduction.nodes.map { _ in UnsafeMutablePointer<Float>.allocate(capacity: count + 1) }
    let separate = UnsafeMutablePointer<Float>.allocate(capacity: count + 1)
    defer { for buffer in partials + [separate] { buffer.deallocate() } }
    let expected = (0..<count).map { wire.treeSum($0, of: tree.root, leafCount: leafCount) }
    let result = inPlace ? partials[0] : separate

    var isGood = true
    for _ in 0..<2 {
        for (node, partial) in zip(reduction.nodes, partials) {
            for index in 0..<count {
                partial[index] = wire.treeSum(index, of: node, leafCount: leafCount)
            }
        }
        separate.update(repeating: -1, count: count + 1)
        if inBackground {
            try runInBackground(reduction, partials: partials, into: result, buckets: buckets.count)
        } else {
            try reduction.run(partials: partials, into: [result])
        }
        for index in reduction.parts.joined() {
            isGood = isGood && result[index].bitPattern == expected[index].bitPattern
        }
        if !inPlace {
            for index in 0...count where !isMine(index) { isGood = isGood && result[index] == -1 }
        }
        if inBackground {
            ring.begin(result)
            ring.release(buckets: buckets.count)
            while try !ring.advance() {
                // What has arrived is whole.
                for index in buckets.reversed().prefix(ring.arrived).joined().joined() {
                    isGood = isGood && result[index].bitPattern == expected[index].bitPattern
                }
            }
        } else {
            try ring.run(result)
        }
        for index in all.joined() { isGood = isGood && result[index].bitPattern == expected[index].bitPattern }
    }
    return isGood
}

/// A bucket after the other is complete, on every rank at another time; until then it holds something else.
private func runInBackground(
    _ reduction: OrderedReduction, partials: [UnsafeMutablePointer<Float>], into result: UnsafeMutablePointer<Float>,
    buckets: Int
) throws {
    reduction.begin(partials: partials, into: [result])
    var calls = 0
    while try !reduction.advance() {
        calls += 1
        reduction.release(buckets: min(calls / (reduction.nodes[0].index + 2), buckets))
    }
}

/// Parts of unequal lengths with every second one empty, after a head that belongs to nobody.
private func raggedParts(_ size: Int, from start: Int) -> [Range<Int>] {
    var end = start
    return (0..<size).map { rank in
        let length = rank.isMultiple(of: 2) ? 37 + 11 * rank : 0
        defer { end += length }
        return end..<end + length
    }
}

func checkOrderedReduction(_ checks: Checks) throws {
    let size = checks.world.size
    let even = (0..<size).map { SummationTree.range(ofPart: $0, parts: size, count: 150) }
    for leafCount in [1, 2, 3, 4, 5, 7, 8, 12, 13, 17] where leafCount >= size {
        try checks.check("ordered reduction of \(leafCount) leaves") { world in
            let ragged = raggedParts(size, from: 5)
            // The last one cut in three, in an order of its own.
            let behind = even.map { $0.lowerBound + 1000..<$0.upperBound + 1000 }
            let shapes = [[even], [raggedParts(size, from: 0)], [behind, ragged, even.map { _ in 7..<7 }]]
            var isGood = true
            for (shape, buckets) in shapes.enumerated() {
                // Chunks that divide nothing, that hold everything, and the smallest.
                for chunkElements in [16, 1 << 18, 1] {
                    let isOdd = (shape + chunkElements) % 2 == 1
                    for wire in Wire.allCases {
                        isGood =
                            try isOrdered(
                                world, wire, leafCount: leafCount, buckets: buckets, chunkElements: chunkElements,
                                inPlace: isOdd, inBackground: leafCount.isMultiple(of: 2)) && isGood
                    }
                }
            }
            return isGood
        }
    }

    try checks.check("ordered reduction of no elements") { world in
        try isOrdered(
            world, .halves, leafCount: size, buckets: [(0..<size).map { _ in 0..<0 }], chunkElements: 8, inPlace: false,
            inBackground: true)
    }

    try checks.check("two ordered reductions in flight, begun in different order") { world in
        let leafCount = size
        let first = try OrderedReduction(
            world, Wire.floats.summation, leafCount: leafCount, buckets: [even], chunkElements: 16)
        let second = try OrderedReduction(
            world, Wire.floats.summation, leafCount: leafCount, buckets: [even], chunkElements: 7)
        let one = UnsafeMutablePointer<Float>.allocate(capacity: 150)
        let other = UnsafeMutablePointer<Float>.allocate(capacity: 150)
        defer {
            one.deallocate()
            other.deallocate()
        }
        one.initialize(repeating: 1, count: 150)
        other.initialize(repeating: 2, count: 150)
        first.begin(partials: [one], into: [one])
        second.begin(partials: [other], into: [other])
        let inOrder = world.rank.isMultiple(of: 2) ? [first, second] : [second, first]
        for reduction in inOrder {
            reduction.release(buckets: 1)
            _ = try reduction.advance()
        }
        while true {
            let isFirstDone = try first.advance()
            let isSecondDone = try second.advance()
            if isFirstDone && isSecondDone { break }
        }
        return first.parts[0].allSatisfy { one[$0] == Float(size) && other[$0] == Float(2 * size) }
    }
}
