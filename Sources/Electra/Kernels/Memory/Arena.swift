/// Hands out memory while the program sets up, and frees all of it at once when it goes. Nothing is handed out after
/// the first step: a step allocates nothing (DESIGN, law 3).
package final class Arena {
    let precision: ProductPrecision
    private var chunks: [PageMemory] = []
    /// Of the last chunk, how much is handed out.
    private var used = 0
    /// Handed out so far.
    package private(set) var bytes = 0
    private static let chunkBytes = 1 << 25

    package init(_ precision: ProductPrecision = .f32) {
        self.precision = precision
    }

    package func tensor(rows: Int, columns: Int) -> Tensor {
        Tensor(base: array(of: Float.self, count: rows * columns), rows: rows, columns: columns)
    }

    /// A tensor that is multiplied with another: with room for its copy in bf16 in that precision.
    package func operand(rows: Int, columns: Int) -> Tensor {
        Tensor(
            base: array(of: Float.self, count: rows * columns),
            rounded: precision == .bf16 ? array(of: BFloat16.self, count: rows * columns) : nil,
            isSplit: precision == .bf16x3, rows: rows, columns: columns)
    }

    /// A tensor that is nothing but an operand of products: in bf16 that alone.
    ///
    /// Where rows begin whole pages apart, as those of 1,024 numbers do, elements of a column compete for the same few
    /// places of the cache, and products that read columns are a fifth slower: a gap between the rows, of 64 bytes,
    /// prevents it. Products and the GELU's backward pass handle one; others take rows to lie end to end.
    package func factor(rows: Int, columns: Int, hasGaps: Bool = false) -> Tensor {
        switch precision {
        case .f32, .bf16x3:
            let stride = columns + (hasGaps ? 64 / MemoryLayout<Float>.size : 0)
            return Tensor(
                base: array(of: Float.self, count: rows * stride), isSplit: precision == .bf16x3, rows: rows,
                columns: columns, stride: stride)
        case .bf16:
            let stride = columns + (hasGaps ? 64 / MemoryLayout<BFloat16>.size : 0)
            return Tensor(
                halves: array(of: BFloat16.self, count: rows * stride), rows: rows, columns: columns, stride: stride)
        }
    }

    /// Makes room for a factor that is kept for the backward pass in bf16, and computed again in Float, where all that this
    /// makes share one place.
    package func keptFactors(rows: Int, columns: Int) -> () -> Tensor {
        switch precision {
        case .f32, .bf16x3:
            let base = array(of: Float.self, count: rows * columns)
            let isSplit = precision == .bf16x3
            return { Tensor(base: base, isSplit: isSplit, rows: rows, columns: columns) }
        case .bf16: return { self.factor(rows: rows, columns: columns) }
        }
    }

    /// Zeroed memory for `count` numbers.
    package func array<Element: BitwiseCopyable>(of type: Element.Type, count: Int) -> UnsafeMutablePointer<Element> {
        let size = (count * MemoryLayout<Element>.stride + 63) / 64 * 64
        if chunks.isEmpty || used + size > chunks.last?.bytes ?? 0 {
            chunks.append(PageMemory(bytes: max(size, Self.chunkBytes)))
            used = 0
        }
        defer {
            used += size
            bytes += size
        }
        return (chunks[chunks.count - 1].start + used).bindMemory(to: Element.self, capacity: count)
    }
}
