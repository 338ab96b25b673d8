/// A growing row of token ids. An Array checks uniqueness and bounds at every append; this is the hot path of `prepare`.
package struct TokenBuffer: ~Copyable {
    private(set) var base: UnsafeMutablePointer<Int32>
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 1024) {
        self.capacity = max(capacity, 16)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    @inline(__always)
    mutating func append(_ id: Int32) {
        if count == capacity { grow(to: 2 * capacity) }
        base[count] = id
        count += 1
    }

    mutating func append(_ ids: UnsafeBufferPointer<Int32>) {
        guard let source = ids.baseAddress, ids.count > 0 else { return }
        if count + ids.count > capacity { grow(to: max(2 * capacity, count + ids.count)) }
        (base + count).update(from: source, count: ids.count)
        count += ids.count
    }

    mutating func removeAll(after length: Int = 0) { count = length }

    mutating func removeFirst(_ length: Int) {
        base.update(from: base + length, count: count - length)
        count -= length
    }

    var array: [Int32] { Array(UnsafeBufferPointer(start: base, count: count)) }

    func slice(_ range: Range<Int>) -> UnsafeBufferPointer<Int32> {
        UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
    }

    @inline(never)
    private mutating func grow(to larger: Int) {
        let moved = UnsafeMutablePointer<Int32>.allocate(capacity: larger)
        moved.update(from: base, count: count)
        base.deallocate()
        base = moved
        capacity = larger
    }
}
