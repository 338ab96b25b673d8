import CKernels

/// A row-major matrix of Float: a noncopyable window into memory that somebody else owns (an `Arena` or a
/// `FlatBuffer`), so that the compiler refuses one matrix as input and output of one kernel.
///
/// `rows` is what there is room for. Kernels say with their own argument how many rows are in use, because the number
/// of tokens changes from micro-batch to micro-batch.
package struct Tensor: ~Copyable {
    package let base: UnsafeMutablePointer<Float>
    /// False where there are only the copies in bf16 (`Arena.factor`); `base` is not to be used then.
    package let hasFloats: Bool
    package let rows: Int
    package let columns: Int
    /// From the start of a row to that of the next one: `columns`, but for those that `Arena.operand` adds.
    package let stride: Int
    /// Room for a copy in bf16, where this is an operand of products in that precision: two such are multiplied by their
    /// copies. Kernels bring the copy up to date with what they write; after products into Floats, which do not, `round` does.
    package let rounded: UnsafeMutablePointer<BFloat16>?
    /// Whether products with another of this kind are those of `SplitProduct`.
    let isSplit: Bool
    /// Of a weight.
    package let packed: PackedWeight?
    /// Of a weight's gradient; see `GradientStore`.
    package let isUnwritten: UnsafeMutablePointer<Bool>?
    /// Of a table's gradient: a flag for each row.
    package let touched: UnsafeMutablePointer<Bool>?

    package init(
        base: UnsafeMutablePointer<Float>, rounded: UnsafeMutablePointer<BFloat16>? = nil,
        isSplit: Bool = false, packed: PackedWeight? = nil, isUnwritten: UnsafeMutablePointer<Bool>? = nil,
        touched: UnsafeMutablePointer<Bool>? = nil, rows: Int, columns: Int, stride: Int? = nil
    ) {
        self.base = base
        hasFloats = true
        self.rounded = rounded
        self.isSplit = isSplit
        self.packed = packed
        self.isUnwritten = isUnwritten
        self.touched = touched
        self.rows = rows
        self.columns = columns
        self.stride = stride ?? columns
    }

    /// Of copies in bf16 alone.
    init(halves: UnsafeMutablePointer<BFloat16>, rows: Int, columns: Int, stride: Int) {
        // The first page of memory, which nobody has: to read or write there ends the program.
        base = UnsafeMutablePointer(bitPattern: MemoryLayout<Float>.alignment)!
        hasFloats = false
        self.rows = rows
        self.columns = columns
        self.stride = stride
        rounded = halves
        isSplit = false
        packed = nil
        isUnwritten = nil
        touched = nil
    }

    package var count: Int { rows * columns }

    /// As Floats: for products of so few columns that they are no work.
    package var inFloat: Tensor { Tensor(base: base, rows: rows, columns: columns, stride: stride) }

    /// The start of a row.
    func row(_ number: Int) -> UnsafeMutablePointer<Float> { base + number * stride }

    /// Whether what is there counts for nothing; from now on it counts.
    mutating func takeUnwritten() -> Bool {
        guard let isUnwritten, isUnwritten.pointee else { return false }
        isUnwritten.pointee = false
        return true
    }

    package mutating func fill(_ value: Float, rows: Int) {
        assert(stride == columns)
        ck_fill(base, rows * columns, value)
    }

    package func round(rows: Int) {
        guard let rounded, hasFloats else { return }
        assert(stride == columns)
        let count = rows * columns
        KernelKind.rounding.timed(numbers: count + count / 2) { ck_round_to_bfloat16(rounded, base, count) }
    }
}
