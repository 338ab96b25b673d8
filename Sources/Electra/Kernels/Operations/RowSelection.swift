import CKernels

/// y[i] = x[rows[i]];  its inverse adds each y[i] back to x[rows[i]].
package enum RowSelection {
    package static func gather(
        into y: inout Tensor, from x: borrowing Tensor, rows: UnsafePointer<Int32>, count: Int
    ) {
        for i in 0..<count { y.row(i).update(from: x.row(Int(rows[i])), count: x.columns) }
        y.round(rows: count)
    }

    package static func scatter(
        adding x: inout Tensor, from y: borrowing Tensor, rows: UnsafePointer<Int32>, count: Int
    ) {
        for i in 0..<count { ck_add(x.row(Int(rows[i])), y.row(i), y.columns) }
    }

    /// The chosen rows move to the front.
    package static func gather(inPlace x: inout Tensor, _ chosen: SequenceRows) {
        guard x.hasFloats else {
            for i in 0..<chosen.count { x.halves(i).update(from: x.halves(Int(chosen.rows[i])), count: x.columns) }
            return
        }
        for i in 0..<chosen.count { x.row(i).update(from: x.row(Int(chosen.rows[i])), count: x.columns) }
        x.round(rows: chosen.count)
    }

    /// Back from the front to where they were, among `rows` of which the others are 0.
    package static func scatter(inPlace x: inout Tensor, _ chosen: SequenceRows, rows: Int) {
        if x.hasFloats {
            scatter(x.base, columns: x.columns, chosen, rows: rows)
        } else if let halves = x.rounded {
            scatter(halves, columns: x.columns, chosen, rows: rows)
        }
    }

    private static func scatter<Number: ExpressibleByIntegerLiteral>(
        _ x: UnsafeMutablePointer<Number>, columns: Int, _ chosen: SequenceRows, rows: Int
    ) {
        func clear(_ rows: Range<Int>) {
            (x + rows.lowerBound * columns).update(repeating: 0, count: rows.count * columns)
        }
        var end = rows
        for i in (0..<chosen.count).reversed() {
            let row = Int(chosen.rows[i])
            clear(row + 1..<end)
            if row > i { (x + row * columns).update(from: x + i * columns, count: columns) }
            end = row
        }
        clear(0..<end)
    }
}

extension Tensor {
    /// The start of a row of the copy in bf16.
    fileprivate func halves(_ number: Int) -> UnsafeMutablePointer<BFloat16> { rounded! + number * stride }
}

/// Some rows of every sequence of a batch, ascending: those of sequence s are `rows[starts[s]..<starts[s + 1]]`.
package struct SequenceRows {
    package let rows: UnsafePointer<Int32>
    package let starts: UnsafePointer<Int32>
    package let count: Int

    package init(rows: UnsafePointer<Int32>, starts: UnsafePointer<Int32>, count: Int) {
        self.rows = rows
        self.starts = starts
        self.count = count
    }

    /// Where those of a sequence stand among them.
    package func range(ofSequence sequence: Int) -> Range<Int> { Int(starts[sequence])..<Int(starts[sequence + 1]) }
}
