/// Where the gradient of a weight lies, and whether what is there counts for nothing.
package struct UnwrittenWeight {
    package let range: Range<Int>
    package let isUnwritten: UnsafeMutablePointer<Bool>

    package init(_ range: Range<Int>) {
        self.range = range
        isUnwritten = .allocate(capacity: 1)
        isUnwritten.initialize(to: false)
    }
}
