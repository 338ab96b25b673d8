package import Collectives
package import ElectraSupport

/// How the work of a step is divided. It decides the order of additions, hence the bits.
package struct BatchDivision: Sendable, Equatable {
    package var batch = 128
    package var slices = 16
    package var microBatch = 4

    package static let fields: [ConfigurationField<Self>] = [
        // All of a batch is masked before it is computed, and takes memory.
        .init("batch", \.batch, 1...1 << 20, "sequences in a step, over all ranks"),
        .init("slices", \.slices, 1...1 << 20, "parts that a step is divided into; ranks x threads can be as many"),
        .init("micro_batch", \.microBatch, 1...1 << 20, "sequences that go through the networks at a time"),
    ]

    package init() {}

    package init(batch: Int, slices: Int, microBatch: Int) {
        self.batch = batch
        self.slices = slices
        self.microBatch = microBatch
    }

    package func check() throws(Failure) {
        guard batch.isMultiple(of: slices) else {
            throw .usage(
                "batch \(batch): \(slices) slices do not divide it; "
                    + "use --slices \(divisor(atMost: slices)) or another --batch")
        }
    }

    /// Along which the slices' gradients are added.
    package var tree: SummationTree { SummationTree(leafCount: slices) }

    /// Cuts a batch that was changed where its slices were not: into as many as have at least the sequences that a slice
    /// of `other` has.
    package mutating func takeSlices(like other: BatchDivision) {
        slices = divisor(atMost: batch / (other.batch / other.slices))
    }

    /// The largest divisor of the batch that is at most `most`.
    private func divisor(atMost most: Int) -> Int {
        var divisor = max(1, min(most, batch))
        while !batch.isMultiple(of: divisor) { divisor -= 1 }
        return divisor
    }
}

/// Who computes what: the global batch is cut into slices, slices are dealt to ranks (`LeafShares`), and a rank's slices to its
/// lanes as even as can be, always as contiguous ranges. Where a slice is computed never changes the result.
package struct SlicePlan: Sendable {
    package let batch: Int
    package let slices: Int
    package let microBatch: Int
    let tree: SummationTree
    /// The slices of each lane of this rank.
    let laneSlices: [Range<Int>]

    /// Of a rank that has the slices `mine`.
    package init(_ division: BatchDivision, mine: Range<Int>, lanes: Int) {
        (batch, slices) = (division.batch, division.slices)
        // More than a slice has would only be laid out.
        microBatch = min(division.microBatch, batch / slices)
        tree = division.tree
        laneSlices = (0..<lanes).map { lane in
            let part = SummationTree.range(ofPart: lane, parts: lanes, count: mine.count)
            return mine.lowerBound + part.lowerBound..<mine.lowerBound + part.upperBound
        }
    }

    package var sequencesPerSlice: Int { batch / slices }

    /// The places of a slice's sequences in the global batch.
    package func sequences(ofSlice slice: Int) -> Range<Int> {
        slice * sequencesPerSlice..<(slice + 1) * sequencesPerSlice
    }

    var microBatchesPerSlice: Int { (sequencesPerSlice + microBatch - 1) / microBatch }

    /// The places of the sequences of one micro-batch of a slice; the last may be smaller.
    package func sequences(ofSlice slice: Int, microBatch index: Int) -> Range<Int> {
        let all = sequences(ofSlice: slice)
        let start = all.lowerBound + index * microBatch
        return start..<min(start + microBatch, all.upperBound)
    }
}

extension SlicePlan {
    /// What to tell where the slices do not fit the lanes (ranks x threads), so that some of them wait for the others in
    /// every step; nil where all have the same work.
    package static func noteOnLanes(_ division: BatchDivision, ranks: Int, threads: Int) -> String? {
        let (batch, slices) = (division.batch, division.slices)
        let lanes = ranks * threads
        let idle = max(lanes - slices, 0)
        let waiting = lanes * division.mostSlices(ranks: ranks, lanes: threads) - slices
        if waiting == 0 { return nil }
        if lanes > batch {
            return
                "note: \(idle) of \(lanes) lanes (ranks x threads) have nothing to do, as batch \(batch) has no sequence for them; "
                + "use fewer ranks or threads, or a --batch of \(lanes) or more in a new run (with --set optimizer=lamb where "
                + "it is thousands)"
        }
        let named = idle > 0 ? idle : waiting
        let even = stride(from: lanes, through: batch, by: lanes).first { $0 >= slices && batch.isMultiple(of: $0) }
        return
            "note: \(named) of \(lanes) lanes (ranks x threads) \(named == 1 ? "has" : "have") nothing to do"
            + "\(idle > 0 ? "" : " for a part of the time") in a step of \(slices) slices; use "
            + (even.map { "--slices \($0) in a new run, or " } ?? "") + "a number of lanes that divides \(slices)"
    }

    /// What to tell where a host sends several sums of gradients in the place of one, as its slices are no single subtree.
    package static func noteOnSums(_ division: BatchDivision, hosts: Int, ranksPerHost: Int, lanes: Int) -> String? {
        let (batch, slices) = (division.batch, division.slices)
        let ranks = hosts * ranksPerHost
        guard ranks <= slices else { return nil }
        func sums(_ division: BatchDivision, on hosts: Int) -> Int {
            division.mostSums(hosts: hosts, ranksPerHost: ranksPerHost, lanes: lanes)
        }
        func sequencesOfALane(_ division: BatchDivision) -> Int {
            batch / division.slices * division.mostSlices(ranks: ranks, lanes: lanes)
        }
        let most = sums(division, on: hosts)
        if most == 1 { return nil }
        let better = (ranks...max(batch, ranks)).filter {
            let other = BatchDivision(batch: batch, slices: $0, microBatch: 1)
            return batch.isMultiple(of: $0) && sequencesOfALane(other) <= sequencesOfALane(division)
                && sums(other, on: hosts) == 1
        }.min { abs($0 - slices) < abs($1 - slices) }
        let fewer =
            (0..<hosts.bitWidth - hosts.leadingZeroBitCount).map { 1 << $0 }.last { sums(division, on: $0) == 1 } ?? 1
        return
            "note: \(slices) slices on \(hosts) hosts: a host sends up to \(most) sums of gradients in the place of one; "
            + "one is enough with " + (better.map { "--slices \($0) in a new run, or with " } ?? "")
            + counted(fewer, "host")
    }
}
