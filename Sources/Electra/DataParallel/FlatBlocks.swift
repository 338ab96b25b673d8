import Collectives

/// The flat parameters, cut into blocks of a fixed size, and dealt out to ranks and lanes in whole blocks. The blocks are
/// the same for any number of ranks and lanes, so sums block by block are, too.
struct FlatBlocks: Sendable {
    static let size = 1 << 14

    let count: Int

    var blocks: Int { (count + Self.size - 1) / Self.size }

    func elements(ofBlocks blocks: Range<Int>) -> Range<Int> {
        min(blocks.lowerBound * Self.size, count)..<min(blocks.upperBound * Self.size, count)
    }

    func blocks(ofPart part: Int, parts: Int) -> Range<Int> {
        SummationTree.range(ofPart: part, parts: parts, count: blocks)
    }

    /// The blocks of one lane within those of its rank.
    static func blocks(ofLane lane: Int, lanes: Int, in blocks: Range<Int>) -> Range<Int> {
        let part = SummationTree.range(ofPart: lane, parts: lanes, count: blocks.count)
        return blocks.lowerBound + part.lowerBound..<blocks.lowerBound + part.upperBound
    }
}
