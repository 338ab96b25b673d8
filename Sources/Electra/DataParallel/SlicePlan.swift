import Collectives

/// Who computes what: the global batch is cut into slices, slices are dealt to ranks, and a rank's slices to its lanes,
/// always as contiguous ranges, as even as can be. Where a slice is computed never changes the result.
struct SlicePlan: Sendable {
    let batch: Int
    let slices: Int
    let microBatch: Int
    let tree: SummationTree
    /// The slices of this rank.
    let rankSlices: Range<Int>
    /// The slices of each lane of this rank.
    let laneSlices: [Range<Int>]

    init(batch: Int, slices: Int, microBatch: Int, rank: Int, ranks: Int, lanes: Int) {
        self.batch = batch
        self.slices = slices
        self.microBatch = microBatch
        tree = SummationTree(leafCount: slices)
        let mine = SummationTree.range(ofPart: rank, parts: ranks, count: slices)
        rankSlices = mine
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
