/// Hands out memory while the program sets up, and frees all of it at once when it goes. Nothing is handed out after
/// the first step: a step allocates nothing (DESIGN, law 3).
final class Arena {
    private var blocks: [UnsafeMutableRawPointer] = []
    private(set) var bytes = 0

    func tensor(rows: Int, columns: Int) -> Tensor {
        Tensor(base: array(of: Float.self, count: rows * columns), rows: rows, columns: columns)
    }

    /// Zeroed memory for `count` numbers.
    func array<Element: BitwiseCopyable>(of type: Element.Type, count: Int) -> UnsafeMutablePointer<Element> {
        // One cache line more than asked for: vector loops may read to the end of a line.
        let size = (count * MemoryLayout<Element>.stride + 127) / 64 * 64
        let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        block.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        blocks.append(block)
        bytes += size
        return block.assumingMemoryBound(to: Element.self)
    }

    deinit {
        for block in blocks { block.deallocate() }
    }
}
