/// Where the gradient of a table lies, and which of its rows something was added to: the others are 0, and nobody need
/// look at them. A batch has some hundred words of tens of thousands.
package struct TableGradient {
    package let range: Range<Int>
    package let columns: Int
    /// One a row.
    package let touched: UnsafeMutablePointer<Bool>

    package var rows: Int { range.count / columns }

    package init(_ range: Range<Int>, columns: Int) {
        self.range = range
        self.columns = columns
        touched = .allocate(capacity: max(range.count / columns, 1))
        touched.initialize(repeating: false, count: range.count / columns)
    }
}
