import ElectraSupport

/// The header of a safetensors file: what it says, checked against the file until every tensor is safe to read.
///
///     8 bytes   N, the length of the header, little-endian
///     N bytes   {"__metadata__": {"key": "value"}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
///     the rest  the tensors, in any order, without a gap
struct SafetensorsHeader {
    /// The limit of the format's own library.
    static let longest = 100_000_000

    /// In the order of their bytes.
    let tensors: [SafetensorsTensor]
    let metadata: [String: String]

    init(of file: UnsafeRawBufferPointer, path: String) throws(Failure) {
        guard file.count >= 8 else {
            throw Self.refusal(path, "it has \(file.count) bytes, and the length of the header alone takes 8")
        }
        let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
        guard length <= Self.longest else {
            throw Self.refusal(path, "its header claims \(length) bytes, more than the \(Self.longest) of the format")
        }
        let dataStart = 8 + Int(length)
        guard dataStart <= file.count else {
            throw Self.refusal(path, "its header claims \(length) bytes, and the file has \(file.count - 8) after that")
        }
        let text = UnsafeRawBufferPointer(rebasing: file[8..<dataStart]).bindMemory(to: UInt8.self)
        try StackedMarks.check(text, path: path, remedy: "fetch or export it again")
        let header: SafetensorsHeaderParser
        do throws(JSONScanner.Problem) {
            header = try SafetensorsHeaderParser(text: text)
        } catch {
            throw Self.refusal(path, "its header: \(error.description)")
        }
        metadata = header.metadata
        tensors = try Self.placed(header.entries, from: dataStart, to: file.count, path: path)
    }

    /// Names inside `problem` come from the file: what could break the line is escaped, and the length is bounded.
    static func refusal(_ path: String, _ problem: String) -> Failure {
        var line = ""
        for scalar in problem.unicodeScalars.prefix(300) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: line += scalar.escaped(asASCII: true)
            default: line.unicodeScalars.append(scalar)
            }
        }
        return .badData("\(path): not a whole safetensors file: \(line); fetch or export it again")
    }

    /// The tensors in the order of their bytes, which must fill the data exactly.
    private static func placed(
        _ entries: [SafetensorsHeaderParser.Entry], from dataStart: Int, to fileEnd: Int, path: String
    ) throws(Failure) -> [SafetensorsTensor] {
        let ordered = entries.enumerated().sorted { left, right in
            (left.element.begin, left.element.end, left.offset) < (right.element.begin, right.element.end, right.offset)
        }
        var next = 0
        var tensors: [SafetensorsTensor] = []
        tensors.reserveCapacity(entries.count)
        for (_, entry) in ordered {
            let (begin, end) = (entry.begin, entry.end)
            let size = try byteCount(of: entry, path: path)
            guard begin <= end, end - begin == size else {
                throw refusal(
                    path, "tensor \(entry.name) takes the bytes \(begin) to \(end), and its shape needs \(size)")
            }
            guard begin >= next else {
                throw refusal(path, "tensor \(entry.name) begins at \(begin), inside another that ends at \(next)")
            }
            guard begin == next else {
                throw refusal(path, "nothing describes the bytes \(next) to \(begin), before tensor \(entry.name)")
            }
            next = end
            // Offsets beyond the file are refused below; until then the range may be any.
            let (upper, overflow) = dataStart.addingReportingOverflow(end)
            if overflow { throw refusal(path, "tensor \(entry.name) ends at \(end), beyond any file") }
            tensors.append(
                SafetensorsTensor(
                    name: entry.name, element: entry.element, shape: entry.shape, bytes: dataStart + begin..<upper))
        }
        guard next == fileEnd - dataStart else {
            throw refusal(path, "its tensors take \(next) bytes, and the file has \(fileEnd - dataStart) for them")
        }
        return tensors
    }

    private static func byteCount(of entry: SafetensorsHeaderParser.Entry, path: String) throws(Failure) -> Int {
        var size = entry.element.byteCount
        for extent in entry.shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            if overflow { throw refusal(path, "the shape \(entry.shape) of tensor \(entry.name) overflows") }
            size = product
        }
        return size
    }
}
