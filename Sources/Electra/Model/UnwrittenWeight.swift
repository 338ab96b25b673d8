/// Where the gradient of a weight lies, and whether what is there counts for nothing.
struct UnwrittenWeight {
    let range: Range<Int>
    let isUnwritten: UnsafeMutablePointer<Bool>

    init(_ range: Range<Int>) {
        self.range = range
        isUnwritten = .allocate(capacity: 1)
        isUnwritten.initialize(to: false)
    }
}
