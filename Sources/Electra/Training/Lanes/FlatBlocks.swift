import Collectives

/// The flat parameters, cut into blocks of a fixed size, and dealt out to ranks and lanes in whole blocks. The blocks are
/// the same for any number of ranks and lanes, so sums block by block are, too.
struct FlatBlocks: Sendable {
    static let size = 1 << 12

    let count: Int

    var blocks: Int { (count + Self.size - 1) / Self.size }

    func elements(ofBlocks blocks: Range<Int>) -> Range<Int> {
        min(blocks.lowerBound * Self.size, count)..<min(blocks.upperBound * Self.size, count)
    }

    /// The blocks of one part of `blocks` out of several, as even as can be: those of a rank, or of a lane within those of
    /// its rank.
    static func part(_ part: Int, of parts: Int, in blocks: Range<Int>) -> Range<Int> {
        let range = SummationTree.range(ofPart: part, parts: parts, count: blocks.count)
        return blocks.lowerBound + range.lowerBound..<blocks.lowerBound + range.upperBound
    }
}
