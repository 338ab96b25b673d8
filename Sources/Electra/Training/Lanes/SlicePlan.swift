import Collectives

/// How the work of a step is divided. It decides the order of additions, hence the bits.
package struct BatchDivision: Sendable, Equatable {
    /// Sequences in a step, over all ranks.
    package var batch: Int
    package var slices: Int
    package var microBatch: Int

    package init(batch: Int, slices: Int, microBatch: Int) {
        self.batch = batch
        self.slices = slices
        self.microBatch = microBatch
    }
}

/// Who computes what: the global batch is cut into slices, slices are dealt to ranks, and a rank's slices to its lanes,
/// always as contiguous ranges, as even as can be. Where a slice is computed never changes the result.
package struct SlicePlan: Sendable {
    package let batch: Int
    package let slices: Int
    package let microBatch: Int
    let tree: SummationTree
    /// The slices of each lane of this rank.
    let laneSlices: [Range<Int>]

    package init(_ division: BatchDivision, rank: Int, ranks: Int, lanes: Int) {
        (batch, slices) = (division.batch, division.slices)
        // More than a slice has would only be laid out.
        microBatch = min(division.microBatch, batch / slices)
        tree = SummationTree(leafCount: slices)
        let mine = SummationTree.range(ofPart: rank, parts: ranks, count: slices)
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
        let loads = (0..<ranks).flatMap { rank in
            SlicePlan(division, rank: rank, ranks: ranks, lanes: threads).laneSlices.map(\.count)
        }
        let (lanes, most) = (loads.count, loads.max() ?? 0)
        let idle = loads.count { $0 == 0 }
        let waiting = loads.count { $0 < most }
        if waiting == 0 { return nil }
        let named = idle > 0 ? idle : waiting
        let even = stride(from: lanes, through: batch, by: lanes).first { $0 >= slices && batch.isMultiple(of: $0) }
        return
            "note: \(named) of \(lanes) lanes (ranks x threads) \(named == 1 ? "has" : "have") nothing to do"
            + "\(idle > 0 ? "" : " for a part of the time") in a step of \(slices) slices; use "
            + (even.map { "--slices \($0) in a new run, or " } ?? "") + "a number of lanes that divides \(slices)"
    }
}
