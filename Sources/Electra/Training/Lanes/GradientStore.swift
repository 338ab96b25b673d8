import CKernels
package import ElectraKernels
package import ElectraModel

/// The gradient of one slice, or the sum of some, with the layout of the parameters.
///
/// The gradients of weights are nearly all of it, and only products add to them. The first product of a slice writes
/// instead, so their memory need not be zeroed before, nor read then. Of a table, rows that nothing was added to are 0,
/// and are neither zeroed nor added: a sum that began with +0 is never -0, so leaving out "+ 0" changes no bit.
package final class GradientStore<Parameters: AnyObject>: @unchecked Sendable {
    // Unchecked for the reason given at `FlatBuffer`.
    package let buffer: FlatBuffer
    package let windows: Parameters
    let passages: [Passage]
    private let weights: [UnwrittenWeight]
    private let tables: [TableGradient]
    private let zeroed: [Range<Int>]
    private let wire: GradientWire

    package init(
        layout: ParameterLayout, wire: GradientWire = .f32, cut: (inout ParameterWindows) -> Parameters
    ) {
        self.wire = wire
        buffer = FlatBuffer(count: layout.trainedCount)
        var cutter = ParameterWindows(gradientsIn: buffer.base)
        windows = cut(&cutter)
        passages = cutter.passages
        weights = cutter.unwritten
        tables = cutter.tables
        let others = (weights.map(\.range) + tables.map(\.range)).sorted { $0.lowerBound < $1.lowerBound }
        let starts = [0] + others.map(\.upperBound)
        let ends = others.map(\.lowerBound) + [layout.trainedCount]
        zeroed = zip(starts, ends).map { $0..<$1 }
    }

    /// Before a slice: weights count for nothing, all else is 0.
    package func beginSlice() {
        #if DEBUG
            // What adds to a weight's gradient and is no product would show.
            for weight in weights {
                (buffer.base + weight.range.lowerBound).update(repeating: .nan, count: weight.range.count)
            }
        #endif
        for range in zeroed { fillWithZeros(range) }
        for (number, table) in tables.enumerated() {
            forEachTouched(ofTable: number, in: table.range, fillWithZeros)
            table.touched.update(repeating: false, count: table.rows)
        }
        for weight in weights { weight.isUnwritten.pointee = true }
    }

    /// After it: the gradient of a weight that had no part in it is 0.
    package func endSlice() { endSlice(0..<buffer.count) }

    /// The same for some elements, which hold whole weights.
    func endSlice(_ elements: Range<Int>) {
        for weight in weights where weight.isUnwritten.pointee && elements.covers(weight.range) {
            fillWithZeros(weight.range)
            weight.isUnwritten.pointee = false
        }
    }

    /// Before elements of another are added: what is touched there will be here.
    func touch(rowsOf other: GradientStore, in elements: Range<Int>) {
        for (table, others) in zip(tables, other.tables) where elements.covers(table.range) {
            for row in 0..<table.rows where others.touched[row] { table.touched[row] = true }
        }
    }

    /// Something may have been added anywhere.
    func touchAllRows() {
        for table in tables { table.touched.update(repeating: true, count: table.rows) }
    }

    /// Adds elements of another, whose rows were `touch`ed. (Rows that only this one has are rounded, where others are.)
    func add(_ other: GradientStore, elements: Range<Int>) {
        var start = elements.lowerBound
        for number in tables.indices where tables[number].range.overlaps(elements) {
            let part = tables[number].range.clamped(to: elements)
            add(other, everyElementOf: start..<part.lowerBound)
            (wire == .f32 ? other : self).forEachTouched(ofTable: number, in: part) { add(other, everyElementOf: $0) }
            start = part.upperBound
        }
        add(other, everyElementOf: start..<elements.upperBound)
    }

    /// Whether they all are in rows that nothing was added to.
    func isZero(_ elements: Range<Int>) -> Bool {
        guard let number = tables.firstIndex(where: { $0.range.covers(elements) }) else { return false }
        var isZero = true
        forEachTouched(ofTable: number, in: elements) { _ in isZero = false }
        return isZero
    }

    /// What of `elements` is in touched rows, as few ranges as can be.
    private func forEachTouched(ofTable number: Int, in elements: Range<Int>, _ body: (Range<Int>) -> Void) {
        guard !elements.isEmpty else { return }
        let table = tables[number]
        let first = (elements.lowerBound - table.range.lowerBound) / table.columns
        let end = (elements.upperBound - table.range.lowerBound + table.columns - 1) / table.columns
        var row = first
        while row < end {
            let start = row
            while row < end && table.touched[row] { row += 1 }
            if row > start {
                let from = table.range.lowerBound + start * table.columns
                let to = table.range.lowerBound + row * table.columns
                body((from..<to).clamped(to: elements))
            }
            row += 1
        }
    }

    private func add(_ other: GradientStore, everyElementOf range: Range<Int>) {
        KernelKind.gradientSums.timed(numbers: 3 * range.count) {
            wire.add(other.buffer.base + range.lowerBound, to: buffer.base + range.lowerBound, count: range.count)
        }
    }

    private func fillWithZeros(_ range: Range<Int>) {
        KernelKind.gradientSums.timed(numbers: range.count) { ck_fill(buffer.base + range.lowerBound, range.count, 0) }
    }

    deinit {
        for weight in weights { weight.isUnwritten.deallocate() }
        for table in tables { table.touched.deallocate() }
    }
}

extension Range<Int> {
    /// The library's `contains` may be that of a collection, which looks for a sequence of elements, and allocates.
    fileprivate func covers(_ other: Range<Int>) -> Bool {
        lowerBound <= other.lowerBound && other.upperBound <= upperBound
    }
}
