/// How numbers are added, and in what form they travel to where they are.
///
/// In 16 bits they take half the time on a link. Then every addition rounds both of its operands to these before, wherever
/// they come from: so the sum does not depend on which of them travelled.
public struct Summation: Sendable {
    /// Adds `source` to `destination`, element by element.
    public typealias Add =
        @Sendable (_ destination: UnsafeMutablePointer<Float>, _ source: UnsafePointer<Float>, _ count: Int) -> Void
    public typealias Narrow =
        @Sendable (_ halves: UnsafeMutablePointer<UInt16>, _ values: UnsafePointer<Float>, _ count: Int) -> Void
    public typealias Widen =
        @Sendable (_ values: UnsafeMutablePointer<Float>, _ halves: UnsafePointer<UInt16>, _ count: Int) -> Void

    let add: Add
    /// Nil where numbers travel as they are.
    let halves: (narrow: Narrow, widen: Widen)?

    public init(_ add: @escaping Add) {
        self.add = add
        halves = nil
    }

    /// `add` rounds both operands as `narrow` does, and `widen` is exact.
    public init(roundingBoth add: @escaping Add, narrow: @escaping Narrow, widen: @escaping Widen) {
        self.add = add
        halves = (narrow, widen)
    }

    var bytesPerElement: Int {
        halves == nil ? MemoryLayout<Float>.size : MemoryLayout<UInt16>.size
    }
}
