import ElectraSupport

/// Reads the JSON of a safetensors header, and nothing more than the format allows there.
///
/// A general JSON reader would hide what makes a header hostile: doubled keys (the last wins), numbers beyond 2^53,
/// deep nesting. The format needs three levels, each of a known kind, so there is no recursion at all.
struct SafetensorsHeaderParser {
    typealias Problem = JSONScanner.Problem

    struct Entry {
        let name: String
        let element: SafetensorsElement
        let shape: [Int]
        /// In bytes, from the end of the header.
        let begin: Int
        let end: Int
    }

    private(set) var entries: [Entry] = []
    private(set) var metadata: [String: String] = [:]

    /// Throws what follows "its header: ".
    init(text: UnsafeBufferPointer<UInt8>) throws(Problem) {
        guard text.first == UInt8(ascii: "{") else { throw Problem(description: "expected { as its first byte") }
        var scanner = JSONScanner(text, .strict)
        try Self.object("the header", in: &scanner) { (scanner, name) throws(Problem) in
            if name == "__metadata__" {
                try Self.object(name, in: &scanner) { (scanner, key) throws(Problem) in
                    metadata[key] = try scanner.string()
                }
            } else {
                entries.append(try Self.entry(name, in: &scanner))
            }
        }
        try scanner.end()
    }

    private static func entry(_ name: String, in scanner: inout JSONScanner) throws(Problem) -> Entry {
        var (element, shape, offsets): (SafetensorsElement?, [Int]?, [Int]?) = (nil, nil, nil)
        try object("tensor \(name)", in: &scanner) { (scanner, field) throws(Problem) in
            switch field {
            case "dtype":
                let type = try scanner.string()
                element = SafetensorsElement(rawValue: type)
                if element == nil { throw Problem(description: "tensor \(name) has the unknown dtype \(type)") }
            case "shape": shape = try counts(in: &scanner)
            case "data_offsets": offsets = try counts(in: &scanner)
            default: throw Problem(description: "tensor \(name) has the unknown field \(field)")
            }
        }
        guard let element, let shape, let offsets else {
            throw Problem(description: "tensor \(name) lacks one of dtype, shape and data_offsets")
        }
        guard offsets.count == 2 else {
            throw Problem(description: "data_offsets of tensor \(name) has \(offsets.count) numbers, not 2")
        }
        return Entry(name: name, element: element, shape: shape, begin: offsets[0], end: offsets[1])
    }

    /// An object in which no key comes twice.
    private static func object(
        _ what: String, in scanner: inout JSONScanner, _ member: (inout JSONScanner, String) throws(Problem) -> Void
    ) throws(Problem) {
        var keys: Set<String> = []
        try scanner.object { (scanner, bytes) throws(Problem) in
            let key = String(decoding: bytes, as: UTF8.self)
            if !keys.insert(key).inserted { throw Problem(description: "\(key) stands twice in \(what)") }
            try member(&scanner, key)
        }
    }

    private static func counts(in scanner: inout JSONScanner) throws(Problem) -> [Int] {
        var values: [Int] = []
        try scanner.array { (scanner) throws(Problem) in values.append(try scanner.count()) }
        return values
    }
}
