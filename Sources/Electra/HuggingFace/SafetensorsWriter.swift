package import ElectraSupport
import Glibc

/// Writes a safetensors file of float32 tensors that lie one after another: the header first, then the numbers in
/// chunks of any size, so that a model never has to be in memory twice.
///
///     var writer = try SafetensorsWriter(path: path, tensors: layout, metadata: ["format": "pt"])
///     try writer.append(flatParameters)        // as often as needed
///     try writer.finish()                      // on the disk when this returns
///
/// The file is written in place. Whoever must have it whole or not at all gives a temporary name and renames it after
/// `finish`.
package struct SafetensorsWriter: ~Copyable {
    package let path: String
    /// Bytes of all tensors together, what `append` must be given in all.
    package let dataByteCount: Int
    package private(set) var appendedByteCount = 0

    /// -1 once it is closed.
    private var descriptor: Int32
    private let observe: ((UnsafeRawBufferPointer) -> Void)?

    /// `observe` sees every byte of the file once, in order, header included: for a running checksum.
    package init(
        path: String, tensors: [(name: String, shape: [Int])], metadata: [String: String] = [:],
        observe: ((UnsafeRawBufferPointer) -> Void)? = nil
    ) throws(Failure) {
        let (header, dataByteCount) = try Self.header(path: path, tensors: tensors, metadata: metadata)
        let opened = try FileAccess.create(path)
        do throws(Failure) {
            try header.withUnsafeBufferPointer { (bytes) throws(Failure) in
                try FileAccess.append(UnsafeRawBufferPointer(bytes), to: opened, path: path)
            }
        } catch {
            close(opened)
            throw error
        }
        header.withUnsafeBytes { observe?($0) }
        self.path = path
        self.dataByteCount = dataByteCount
        self.observe = observe
        descriptor = opened
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Adds the next bytes of the flat data.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        guard bytes.count <= dataByteCount - appendedByteCount else {
            throw .software(
                "\(path): \(appendedByteCount) + \(bytes.count) bytes written, and its tensors have \(dataByteCount)")
        }
        try FileAccess.append(bytes, to: descriptor, path: path)
        observe?(bytes)
        appendedByteCount += bytes.count
    }

    /// Puts everything on the disk and closes the file.
    package consuming func finish() throws(Failure) {
        guard appendedByteCount == dataByteCount else {
            throw .software(
                "\(path): only \(appendedByteCount) of the \(dataByteCount) bytes of its tensors were written")
        }
        try FileAccess.synchronize(descriptor, path: path)
        let closing = descriptor
        descriptor = -1
        guard close(closing) == 0 else {
            throw .inputOutput("\(path): cannot be written (\(FileAccess.reason)); check free space and permissions")
        }
    }

    // MARK: Header

    /// Length and JSON, padded with spaces to a multiple of 8 bytes; and the size of the data.
    private static func header(
        path: String, tensors: [(name: String, shape: [Int])], metadata: [String: String]
    ) throws(Failure) -> (bytes: [UInt8], dataByteCount: Int) {
        var members: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\(JSON.quoted($0.key)):\(JSON.quoted($0.value))" }
            members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var names: Set<String> = ["__metadata__"]
        var begin = 0
        for (name, shape) in tensors {
            guard names.insert(name).inserted else { throw .software("\(path): two tensors named \(name)") }
            var size = MemoryLayout<Float>.size
            for extent in shape {
                let (product, overflow) = size.multipliedReportingOverflow(by: extent)
                guard extent >= 0 && !overflow else { throw .software("\(path): impossible shape \(shape) of \(name)") }
                size = product
            }
            let (end, overflow) = begin.addingReportingOverflow(size)
            if overflow { throw .software("\(path): impossible shape \(shape) of \(name)") }
            let extents = shape.map(String.init).joined(separator: ",")
            members.append(
                "\(JSON.quoted(name)):{\"dtype\":\"F32\",\"shape\":[\(extents)],\"data_offsets\":[\(begin),\(end)]}")
            begin = end
        }
        var text = Array("{\(members.joined(separator: ","))}".utf8)
        while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
        guard text.count <= SafetensorsHeader.longest else { throw .software("\(path): the header is too long") }
        return (withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text, begin)
    }
}
