// Bytes and text of a length that only the sender knows: the length goes first. For start-up and reports, as all of
// these allocate.
extension Communicator {
    /// The root's bytes, for everybody. What other ranks give is not looked at.
    public func broadcast(_ bytes: [UInt8], from root: Int) throws(MPIError) -> [UInt8] {
        let count = Int(try broadcast(Int64(bytes.count), from: root))
        var result = rank == root ? bytes : [UInt8](repeating: 0, count: count)
        var span = result.mutableSpan
        try broadcast(&span, from: root)
        return result
    }

    /// The root's text, for everybody.
    public func broadcast(_ text: String, from root: Int) throws(MPIError) -> String {
        String(decoding: try broadcast(rank == root ? Array(text.utf8) : [], from: root), as: UTF8.self)
    }

    /// Each rank's text in rank order on the root, nothing elsewhere.
    public func gather(_ text: String, to root: Int) throws(MPIError) -> [String] {
        let bytes = Array(text.utf8)
        let isRoot = rank == root
        var counts = [Int64](repeating: 0, count: isRoot ? size : 0)
        let myCount = [Int64(bytes.count)]
        var countsSpan = counts.mutableSpan
        try gather(myCount.span, into: &countsSpan, to: root)

        let layout = isRoot ? BlockLayout(counts: counts.map(Int.init)) : nil
        var all = [UInt8](repeating: 0, count: layout?.extent ?? 0)
        var allSpan = all.mutableSpan
        try gather(bytes.span, into: &allSpan, layout, to: root)
        return layout.map { texts(in: all, $0) } ?? []
    }

    /// Each rank's text in rank order, for everybody.
    public func allGather(_ text: String) throws(MPIError) -> [String] {
        let bytes = Array(text.utf8)
        var counts = [Int64](repeating: 0, count: size)
        let myCount = [Int64(bytes.count)]
        var countsSpan = counts.mutableSpan
        try allGather(myCount.span, into: &countsSpan)

        let layout = BlockLayout(counts: counts.map(Int.init))
        var all = [UInt8](repeating: 0, count: layout.extent)
        var allSpan = all.mutableSpan
        try allGather(bytes.span, into: &allSpan, layout)
        return texts(in: all, layout)
    }

    private func texts(in bytes: [UInt8], _ layout: BlockLayout) -> [String] {
        (0..<layout.size).map { String(decoding: bytes[layout[$0]], as: UTF8.self) }
    }
}
