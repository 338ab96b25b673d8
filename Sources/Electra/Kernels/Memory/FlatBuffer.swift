/// Owned, zeroed memory for `count` numbers.
package final class FlatBuffer: @unchecked Sendable {
    // Unchecked: the memory is shared by the lanes of a rank; each writes only the part that is its own, and the
    // barrier of `LanePool.run` orders writes before reads.
    package let base: UnsafeMutablePointer<Float>
    package let count: Int
    private let memory: PageMemory

    package init(count: Int) {
        self.count = count
        memory = PageMemory(bytes: max(count * MemoryLayout<Float>.stride, 64))
        base = memory.start.bindMemory(to: Float.self, capacity: max(count, 16))
    }

    /// The memory as that of twice as many bf16 numbers.
    package var halves: UnsafeMutablePointer<BFloat16> { memory.start.assumingMemoryBound(to: BFloat16.self) }
}
