/// Programmer errors end the program; they are not thrown. (`fatalError` rather than `precondition`, which in an
/// optimised build drops the message, and the message is what helps on rank 317.)
@inline(__always)
func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { fatalError(message()) }
}

/// A count, displacement, rank or tag as the C `int` that MPI 3.1 wants.
@inline(__always)
func cInt(_ value: Int, _ call: StaticString) -> Int32 {
    guard let result = Int32(exactly: value), result >= 0 else { doesNotFit(value, call) }
    return result
}

private func doesNotFit(_ value: Int, _ call: StaticString) -> Never {
    fatalError("\(call): \(value) does not fit where MPI takes a C int of 0...\(Int32.max)")
}

/// What a collective comes to in a group of one. Source and destination may be the same memory.
func copy<Element: BitwiseCopyable>(
    _ source: UnsafeBufferPointer<Element>, to destination: UnsafeMutableBufferPointer<Element>, _ call: StaticString
) {
    requireRoom(source.count, in: destination.count, call)
    _ = destination.update(fromContentsOf: source)
}

func requireRoom(_ needed: Int, in available: Int, _ call: StaticString) {
    require(available >= needed, "\(call): \(needed) elements do not fit in a buffer of \(available)")
}

func requireSameCount(_ one: Int, _ other: Int, _ call: StaticString) {
    require(one == other, "\(call): buffers of \(one) and \(other) elements where both should be the same")
}
