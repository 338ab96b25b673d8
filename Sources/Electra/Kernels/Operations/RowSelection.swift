import CKernels

/// y[i] = x[rows[i]];  its inverse adds each y[i] back to x[rows[i]].
package enum RowSelection {
    package static func gather(
        into y: inout Tensor, from x: borrowing Tensor, rows: UnsafePointer<Int32>, count: Int
    ) {
        for i in 0..<count {
            (y.base + i * y.columns).update(from: x.base + Int(rows[i]) * x.columns, count: x.columns)
        }
        y.round(rows: count)
    }

    package static func scatter(
        adding x: inout Tensor, from y: borrowing Tensor, rows: UnsafePointer<Int32>, count: Int
    ) {
        for i in 0..<count {
            ck_add(x.base + Int(rows[i]) * x.columns, y.base + i * y.columns, y.columns)
        }
    }
}
