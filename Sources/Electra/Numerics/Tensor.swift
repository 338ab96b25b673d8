import CKernels

/// A row-major matrix of Float: a noncopyable window into memory that somebody else owns (an `Arena` or a
/// `FlatBuffer`), so that the compiler refuses one matrix as input and output of one kernel.
///
/// `rows` is what there is room for. Kernels say with their own argument how many rows are in use, because the number
/// of tokens changes from micro-batch to micro-batch.
struct Tensor: ~Copyable {
    let base: UnsafeMutablePointer<Float>
    let rows: Int
    let columns: Int

    init(base: UnsafeMutablePointer<Float>, rows: Int, columns: Int) {
        self.base = base
        self.rows = rows
        self.columns = columns
    }

    var count: Int { rows * columns }

    mutating func fill(_ value: Float, rows: Int) {
        ck_fill(base, rows * columns, value)
    }
}
