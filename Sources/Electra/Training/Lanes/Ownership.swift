/// Which rank updates which elements. The flat parameters are cut into buckets of blocks, and each bucket is dealt out to
/// all ranks, as even as can be: the sums of a bucket can go round before those of the next one are there.
package struct Ownership: Sendable {
    let blocks: FlatBlocks
    /// Of each rank, which of the parts of a bucket it has: another order than theirs, where those of some ranks are to lie
    /// side by side.
    let places: [Int]
    /// The blocks of each bucket; they join one another.
    let buckets: [Range<Int>]

    /// One bucket, where none are named, and ranks in their order.
    init(count: Int, ranks: Int, places: [Int]? = nil, buckets: [Range<Int>]? = nil) {
        blocks = FlatBlocks(count: count)
        self.places = places ?? Array(0..<ranks)
        self.buckets = buckets ?? [0..<blocks.blocks]
    }

    /// The elements of each rank in a bucket.
    func parts(ofBucket bucket: Range<Int>) -> [Range<Int>] {
        places.map { blocks.elements(ofBlocks: FlatBlocks.part($0, of: places.count, in: bucket)) }
    }

    /// Who owns what, in the order of the elements, without what is empty.
    func inOrder() -> [(rank: Int, elements: Range<Int>)] {
        buckets.flatMap { bucket in
            parts(ofBucket: bucket).enumerated().map { (rank: $0, elements: $1) }
                .sorted { $0.elements.lowerBound < $1.elements.lowerBound }
        }.filter { !$0.elements.isEmpty }
    }

    /// Nothing, for a rank beyond those that share it.
    package func owned(by rank: Int) -> OwnedElements {
        OwnedElements(
            blocks: rank < places.count
                ? buckets.map { FlatBlocks.part(places[rank], of: places.count, in: $0) } : [], of: blocks)
    }
}

/// The elements that a rank updates: a range in each bucket, and buffers that hold one range behind the other.
package struct OwnedElements: Sendable {
    let ranges: [Range<Int>]
    let count: Int
    private let flatBlocks: FlatBlocks
    private let blocks: [Range<Int>]

    init(blocks: [Range<Int>], of flatBlocks: FlatBlocks) {
        self.blocks = blocks
        self.flatBlocks = flatBlocks
        ranges = blocks.map(flatBlocks.elements(ofBlocks:))
        count = ranges.reduce(0) { $0 + $1.count }
    }

    /// Everything, as a single rank owns it.
    package static func all(of count: Int) -> OwnedElements { Ownership(count: count, ranks: 1).owned(by: 0) }

    /// Where an owned element stands in such a buffer.
    func place(of element: Int) -> Int {
        var before = 0
        for range in ranges {
            if range.contains(element) { return before + element - range.lowerBound }
            before += range.count
        }
        preconditionFailure("element \(element) is another rank's")
    }

    /// The lane's part of all these blocks, which may reach over several ranges.
    func forEachPart(ofLane lane: Int, of lanes: Int, _ body: (_ blocks: Range<Int>) -> Void) {
        let part = FlatBlocks.part(lane, of: lanes, in: 0..<blocks.reduce(0) { $0 + $1.count })
        var before = 0
        for range in blocks {
            let shifted = part.lowerBound - before + range.lowerBound..<part.upperBound - before + range.lowerBound
            if shifted.overlaps(range) { body(shifted.clamped(to: range)) }
            before += range.count
        }
    }
}
