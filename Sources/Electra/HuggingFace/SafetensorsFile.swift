import CKernels
package import ElectraSupport

/// A safetensors file, mapped into memory: opening it reads the header only, and a tensor costs its own bytes.
///
/// Everything the header says has been checked before `init` returns. Numbers are little-endian in the format and on
/// every machine that this program runs on.
package final class SafetensorsFile: Sendable {
    package let path: String
    /// In the order of their bytes in the file.
    package let tensors: [SafetensorsTensor]
    package let metadata: [String: String]

    private let mapping: MemoryMap
    private let indexByName: [String: Int]

    package init(path: String) throws(Failure) {
        self.path = path
        mapping = try MemoryMap(path: path, remedy: "check the path")
        guard !mapping.bytes.isEmpty else { throw SafetensorsHeader.refusal(path, "it is empty") }
        if let foreign = ForeignContent(mapping.bytes) { throw foreign.failure(path, expected: "safetensors weights") }
        let header = try SafetensorsHeader(of: mapping.bytes, path: path)
        tensors = header.tensors
        metadata = header.metadata
        indexByName = Dictionary(uniqueKeysWithValues: header.tensors.enumerated().map { ($1.name, $0) })
    }

    /// Of all bytes of the file, in hexadecimal.
    package var checksum: String { mapping.checksum }

    package func contains(_ name: String) -> Bool { indexByName[name] != nil }

    /// The tensor of that name. With `shape`, it must have exactly that one.
    package func tensor(_ name: String, shape: [Int]? = nil) throws(Failure) -> SafetensorsTensor {
        guard let index = indexByName[name] else {
            throw .badData("\(path): has no tensor \(name); is it of another model?")
        }
        let tensor = tensors[index]
        if let shape, shape != tensor.shape {
            throw .badData(
                "\(path): tensor \(name) has the shape \(tensor.shape), expected \(shape); is it of another model?")
        }
        return tensor
    }

    /// The bytes of a tensor as they are in the file, valid inside `body` only.
    package func withBytes<Result>(
        of name: String, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withExtendedLifetime(self) { () throws(Failure) in try body(bytes(of: try tensor(name))) }
    }

    /// The bytes of all tensors, one after the other, valid inside `body` only.
    package func withBytesOfAll<Result>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let all = (tensors.first?.bytes.lowerBound ?? 0)..<(tensors.last?.bytes.upperBound ?? 0)
        return try withExtendedLifetime(self) { () throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: mapping.bytes[all]))
        }
    }

    /// Overwrites `target`, which must have as many elements, from F32, F64, F16 or BF16.
    package func copy(
        _ name: String, shape: [Int]? = nil, into target: UnsafeMutableBufferPointer<Float>
    ) throws(Failure) {
        let tensor = try tensor(name, shape: shape)
        guard tensor.count == target.count else {
            throw .badData("\(path): tensor \(name) has \(tensor.count) elements, expected \(target.count)")
        }
        try convertFloats(tensor, into: target)
        try checkWeights(UnsafeBufferPointer(target), of: name)
    }

    /// Weights are numbers: one that is NaN or infinite makes all that is computed with it one.
    package func checkWeights(_ numbers: UnsafeBufferPointer<Float>, of name: String) throws(Failure) {
        guard !mapping.isCut else { throw .badData("\(path): was cut short while it was read; copy it again") }
        let found = ck_count_not_finite(numbers.baseAddress, numbers.count)
        if found > 0 {
            throw .badData(
                "\(path): tensor \(name) has \(found) of \(numbers.count) numbers that are NaN or infinite: it is of a "
                    + "training that diverged, or damaged; take an earlier checkpoint, or another copy")
        }
    }

    /// Overwrites `target` with the first rows of a tensor that has more than `shape`, which is the same otherwise.
    func copyFirstRows(
        _ name: String, shape: [Int], into target: UnsafeMutableBufferPointer<Float>
    ) throws(Failure) {
        let all = try tensor(name)
        guard let rows = shape.first, let stored = all.shape.first, rows < stored,
            all.shape.dropFirst() == shape.dropFirst()
        else { return try copy(name, shape: shape, into: target) }
        let start = all.bytes.lowerBound
        let first = SafetensorsTensor(
            name: name, element: all.element, shape: shape,
            bytes: start..<start + target.count * all.element.byteCount)
        try convertFloats(first, into: target)
        try checkWeights(UnsafeBufferPointer(target), of: name)
    }

    /// From F32, F64, F16 or BF16.
    package func floats(_ name: String, shape: [Int]? = nil) throws(Failure) -> [Float] {
        let tensor = try tensor(name, shape: shape)
        return try filled(tensor.count) { (target) throws(Failure) in try convertFloats(tensor, into: target) }
    }

    /// From F32, F64, F16 or BF16.
    package func doubles(_ name: String, shape: [Int]? = nil) throws(Failure) -> [Double] {
        let tensor = try tensor(name, shape: shape)
        return try filled(tensor.count) { (target) throws(Failure) in try convertDoubles(tensor, into: target) }
    }

    /// From any type of integers, and BOOL.
    package func integers(_ name: String, shape: [Int]? = nil) throws(Failure) -> [Int] {
        let tensor = try tensor(name, shape: shape)
        return try filled(tensor.count) { (target) throws(Failure) in try convertIntegers(tensor, into: target) }
    }

    // MARK: Conversion

    private func convertFloats(
        _ tensor: SafetensorsTensor, into target: UnsafeMutableBufferPointer<Float>
    ) throws(Failure) {
        switch tensor.element {
        case .float32: UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes(of: tensor))
        case .float64: convert(tensor, Double.self, into: target) { Float($0) }
        case .float16: convert(tensor, UInt16.self, into: target) { Float(Float16(bitPattern: $0)) }
        case .bfloat16: convert(tensor, UInt16.self, into: target) { Float(bitPattern: UInt32($0) << 16) }
        default: throw unsuitable(tensor, "floating-point numbers")
        }
    }

    private func convertDoubles(
        _ tensor: SafetensorsTensor, into target: UnsafeMutableBufferPointer<Double>
    ) throws(Failure) {
        switch tensor.element {
        case .float64: UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes(of: tensor))
        case .float32: convert(tensor, Float.self, into: target) { Double($0) }
        case .float16: convert(tensor, UInt16.self, into: target) { Double(Float16(bitPattern: $0)) }
        case .bfloat16: convert(tensor, UInt16.self, into: target) { Double(Float(bitPattern: UInt32($0) << 16)) }
        default: throw unsuitable(tensor, "floating-point numbers")
        }
    }

    private func convertIntegers(
        _ tensor: SafetensorsTensor, into target: UnsafeMutableBufferPointer<Int>
    ) throws(Failure) {
        switch tensor.element {
        case .int64: convert(tensor, Int64.self, into: target) { Int($0) }
        case .int32: convert(tensor, Int32.self, into: target) { Int($0) }
        case .int16: convert(tensor, Int16.self, into: target) { Int($0) }
        case .int8: convert(tensor, Int8.self, into: target) { Int($0) }
        case .uint32: convert(tensor, UInt32.self, into: target) { Int($0) }
        case .uint16: convert(tensor, UInt16.self, into: target) { Int($0) }
        case .uint8, .bool: convert(tensor, UInt8.self, into: target) { Int($0) }
        case .uint64:
            convert(tensor, UInt64.self, into: target) { Int(bitPattern: UInt($0)) }
            if target.contains(where: { $0 < 0 }) { throw unsuitable(tensor, "integers below 2^63") }
        default: throw unsuitable(tensor, "integers")
        }
    }

    private func convert<Source: BitwiseCopyable, Target>(
        _ tensor: SafetensorsTensor, _: Source.Type, into target: UnsafeMutableBufferPointer<Target>,
        _ conversion: (Source) -> Target
    ) {
        let source = bytes(of: tensor)
        for index in target.indices {
            let offset = index * MemoryLayout<Source>.size
            target[index] = conversion(source.loadUnaligned(fromByteOffset: offset, as: Source.self))
        }
    }

    private func bytes(of tensor: SafetensorsTensor) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: mapping.bytes[tensor.bytes])
    }

    private func unsuitable(_ tensor: SafetensorsTensor, _ expected: String) -> Failure {
        .badData("\(path): tensor \(tensor.name) holds \(tensor.element.rawValue), expected \(expected)")
    }

    private func filled<Element: ExpressibleByIntegerLiteral>(
        _ count: Int, _ fill: (UnsafeMutableBufferPointer<Element>) throws(Failure) -> Void
    ) throws(Failure) -> [Element] {
        var elements = [Element](repeating: 0, count: count)
        try elements.withUnsafeMutableBufferPointer { (target) throws(Failure) in try fill(target) }
        return elements
    }
}
