import Collectives

/// Who computes what: the global batch is cut into slices, slices are dealt to ranks, and a rank's slices to its lanes,
/// always as contiguous ranges, as even as can be. Where a slice is computed never changes the result.
struct SlicePlan: Sendable {
    let batch: Int
    let slices: Int
    let microBatch: Int
    let tree: SummationTree
    /// The slices of each lane of this rank.
    let laneSlices: [Range<Int>]

    init(batch: Int, slices: Int, microBatch: Int, rank: Int, ranks: Int, lanes: Int) {
        self.batch = batch
        self.slices = slices
        // More than a slice has would only be laid out.
        self.microBatch = min(microBatch, batch / slices)
        tree = SummationTree(leafCount: slices)
        let mine = SummationTree.range(ofPart: rank, parts: ranks, count: slices)
        laneSlices = (0..<lanes).map { lane in
            let part = SummationTree.range(ofPart: lane, parts: lanes, count: mine.count)
            return mine.lowerBound + part.lowerBound..<mine.lowerBound + part.upperBound
        }
    }

    var sequencesPerSlice: Int { batch / slices }

    /// The places of a slice's sequences in the global batch.
    func sequences(ofSlice slice: Int) -> Range<Int> {
        slice * sequencesPerSlice..<(slice + 1) * sequencesPerSlice
    }

    var microBatchesPerSlice: Int { (sequencesPerSlice + microBatch - 1) / microBatch }

    /// The places of the sequences of one micro-batch of a slice; the last may be smaller.
    func sequences(ofSlice slice: Int, microBatch index: Int) -> Range<Int> {
        let all = sequences(ofSlice: slice)
        let start = all.lowerBound + index * microBatch
        return start..<min(start + microBatch, all.upperBound)
    }
}

extension SlicePlan {
    /// What to tell where the slices do not fit the lanes (ranks x threads), so that some of them wait for the others in
    /// every step; nil where all have the same work.
    static func noteOnLanes(batch: Int, slices: Int, ranks: Int, threads: Int) -> String? {
        let loads = (0..<ranks).flatMap { rank in
            SlicePlan(batch: batch, slices: slices, microBatch: 1, rank: rank, ranks: ranks, lanes: threads)
                .laneSlices.map(\.count)
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
