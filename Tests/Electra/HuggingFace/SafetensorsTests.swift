import Foundation
import TestSupport
import Testing

@testable import ElectraHuggingFace
@testable import ElectraSupport

@Suite struct SafetensorsTests {
    private let folder = SafetensorsFolder()

    // MARK: Good files

    @Test func readsBackWhatItWrote() throws {
        let path = folder.path("written")
        let values: [Float] = [1, -2.5, .pi, -0.0, .greatestFiniteMagnitude, .leastNonzeroMagnitude, 7]
        var seen: [UInt8] = []
        var writer = try SafetensorsWriter(
            path: path, tensors: [("b", [2, 3]), ("empty", [0, 4]), ("a \"quoted\"\n\u{01}\\ é 🦉", [])],
            metadata: ["format": "pt", "é": "\u{1F}\t/"]
        ) { seen.append(contentsOf: $0) }
        #expect(writer.dataByteCount == 28)
        try values[..<1].withUnsafeBytes { (chunk) throws in try writer.append(chunk) }
        try values[1...].withUnsafeBytes { (chunk) throws in try writer.append(chunk) }
        #expect(writer.appendedByteCount == 28)
        try writer.finish()

        #expect(seen == Array(try Data(contentsOf: URL(fileURLWithPath: path))))
        let file = try SafetensorsFile(path: path)
        #expect(file.tensors.map(\.name) == ["b", "empty", "a \"quoted\"\n\u{01}\\ é 🦉"])
        #expect(file.tensors.map(\.count) == [6, 0, 1])
        #expect(file.metadata == ["format": "pt", "é": "\u{1F}\t/"])
        #expect(try file.floats("b", shape: [2, 3]).map(\.bitPattern) == values[..<6].map(\.bitPattern))
        #expect(try file.floats("empty") == [])
        #expect(try file.floats("a \"quoted\"\n\u{01}\\ é 🦉", shape: []) == [7])
        #expect(try file.doubles("b") == values[..<6].map(Double.init))
        #expect(try file.withBytes(of: "b") { Array($0) } == values[..<6].withUnsafeBytes { Array($0) })
        let target = UnsafeMutableBufferPointer<Float>.allocate(capacity: 6)
        defer { target.deallocate() }
        try file.copy("b", into: target)
        #expect(Array(target) == Array(values[..<6]))
    }

    @Test func writesExactlyTheseBytes() throws {
        let path = folder.path("exact")
        var writer = try SafetensorsWriter(path: path, tensors: [("w", [2])], metadata: ["format": "pt"])
        try [Float(1), 2].withUnsafeBytes { (chunk) throws in try writer.append(chunk) }
        try writer.finish()
        let header = #"{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
        #expect(header.utf8.count == 85)
        let expected = [88, 0, 0, 0, 0, 0, 0, 0] + Array((header + "   ").utf8) + [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]
        #expect(Array(try Data(contentsOf: URL(fileURLWithPath: path))) == expected)
    }

    @Test func convertsEveryType() throws {
        // Data in another order than the header, odd addresses, escapes, spaces and line ends between all tokens.
        let header = """
            { "bf16" : { "shape" : [ 2 ] , "data_offsets" : [ 1 , 5 ] , "dtype" : "BF16" } ,
            \t"b\\u006fol\\ud83e\\udd89":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]},
            "f16":{"dtype":"F16","shape":[3],"data_offsets":[5,11]},
            "f64":{"dtype":"F64","shape":[1],"data_offsets":[11,19]},
            "i64":{"dtype":"I64","shape":[1,1],"data_offsets":[19,27]},
            "i32":{"dtype":"I32","shape":[1],"data_offsets":[27,31]},
            "i16":{"dtype":"I16","shape":[1],"data_offsets":[31,33]},
            "i8":{"dtype":"I8","shape":[1],"data_offsets":[33,34]},
            "u8":{"dtype":"U8","shape":[1],"data_offsets":[34,35]},
            "u64":{"dtype":"U64","shape":[1],"data_offsets":[35,43]} }

            """
        var data: [UInt8] = [1, 0x80, 0x3F, 0x20, 0xC0, 0x00, 0x3C, 0x00, 0xFC, 0x01, 0x00]
        data += withUnsafeBytes(of: 0.1) { Array($0) } + withUnsafeBytes(of: Int64.min) { Array($0) }
        data += withUnsafeBytes(of: Int32(-3)) { Array($0) } + withUnsafeBytes(of: Int16(-300)) { Array($0) }
        data += [0xFF, 0xFF] + [UInt8](repeating: 0xFF, count: 8)
        let path = try folder.write(header: header, data: data)
        let file = try SafetensorsFile(path: path)
        #expect(file.tensors.map(\.name) == ["bool🦉", "bf16", "f16", "f64", "i64", "i32", "i16", "i8", "u8", "u64"])
        #expect(try file.floats("bf16") == [1, -2.5])
        #expect(try file.floats("f16") == [1, -.infinity, 0x1p-24])
        #expect(try file.doubles("f16") == [1, -.infinity, 0x1p-24])
        #expect(try file.doubles("f64") == [0.1])
        #expect(try file.floats("f64") == [0.1])
        #expect(try file.integers("bool🦉") == [1])
        #expect(try file.integers("i64", shape: [1, 1]) == [Int.min])
        #expect(try file.integers("i32") + file.integers("i16") + file.integers("i8") == [-3, -300, -1])
        #expect(try file.integers("u8") == [255])

        expectFailure(.badData, "holds U64, expected integers below 2^63", path) { _ = try file.integers("u64") }
        expectFailure(.badData, "holds I32, expected floating-point", path) { _ = try file.floats("i32") }
        expectFailure(.badData, "holds F64, expected integers", path) { _ = try file.integers("f64") }
        expectFailure(.badData, "has no tensor x", path) { _ = try file.floats("x") }
        expectFailure(.badData, "shape [3], expected [1, 3]", path) { _ = try file.floats("f16", shape: [1, 3]) }
        let target = UnsafeMutableBufferPointer<Float>.allocate(capacity: 2)
        defer { target.deallocate() }
        expectFailure(.badData, "has 3 elements, expected 2", path) { try file.copy("f16", into: target) }
    }

    /// The golden cases were written by the format's own library.
    @Test func readsTheGoldenCases() throws {
        let folder = try #require(GoldenFolders.own.first { $0.hasSuffix("golden-projected") })
        let golden = try SafetensorsFile(path: "\(folder)/golden.safetensors")
        #expect(try golden.integers("input.ids", shape: [4, 12]).prefix(6) == [2, 45, 44, 53, 52, 3])
        let rates = try golden.doubles("optimizer.history", shape: [5, 5]).enumerated().filter { $0.offset % 5 == 4 }
        #expect(
            rates.map(\.element) == [0, 1e-3 * (1 - 1.0 / 10) * 0.5, 1e-3 * (1 - 2.0 / 10), 1e-3 * 0.7, 1e-3 * 0.6])
        let model = try SafetensorsFile(path: "\(folder)/discriminator/model.safetensors")
        #expect(model.metadata == ["format": "pt"])
        #expect(try model.floats("electra.embeddings_project.weight", shape: [12, 6]).allSatisfy { $0.isFinite })
    }

    // MARK: Hostile files

    @Test(arguments: [
        ("empty header", "", 0, "expected {"),
        ("spaces first", " {}", 0, "expected {"),
        ("no JSON", "[1]", 0, "expected {"),
        ("cut", #"{"a":{"dtype":"F32","sha"#, 0, "without an end"),
        ("two values", "{}{}", 0, "expected nothing after the closing }"),
        ("comma at the end", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},}"#, 4, #"expected ""#),
        ("nesting", String(repeating: #"{"a":"#, count: 10_000), 0, "unknown field a"),
        ("nested lists", #"{"a":{"shape":[[[[1]]]]}}"#, 0, "whole number"),
        ("hole before", #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "describes the bytes 0 to 4"),
        (
            "hole between",
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
                + #""b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}"#, 3, "nothing describes the bytes 1 to 2"
        ),
        (
            "overlap",
            #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"#
                + #""b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#, 6, "tensor b begins at 2, inside another"
        ),
        ("more data", #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, 5, "take 4 bytes, and the file has 5"),
        ("less data", #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, 3, "take 4 bytes, and the file has 3"),
        ("data without tensors", "{}", 1, "take 0 bytes, and the file has 1"),
        ("size", #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "its shape needs 12"),
        ("backwards", #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[1,0]}}"#, 1, "takes the bytes 1 to 0"),
        (
            "shape overflow", #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0,
            "overflows"
        ),
        (
            "offset overflow",
            #"{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}"#, 0,
            "beyond any file"
        ),
        (
            "number overflow", #"{"a":{"dtype":"U8","shape":[18446744073709551617],"data_offsets":[0,1]}}"#, 1,
            "too large"
        ),
        ("negative", #"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#, 1, "not negative"),
        ("fraction", #"{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}"#, 1, "expected ]"),
        ("leading zero", #"{"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}"#, 1, "begins with 0"),
        ("unknown type", #"{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}"#, 4, "unknown dtype F31"),
        ("unknown field", #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}"#, 1, "unknown field x"),
        ("field missing", #"{"a":{"dtype":"U8","shape":[1]}}"#, 1, "lacks one of"),
        ("offsets", #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}"#, 1, "has 3 numbers, not 2"),
        ("field twice", #"{"a":{"dtype":"U8","dtype":"U8"}}"#, 0, "dtype stands twice"),
        (
            "name twice",
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
                + #""\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, 2, "a stands twice in the header"
        ),
        ("metadata twice", #"{"__metadata__":{"k":"1","k":"2"}}"#, 0, "k stands twice"),
        ("metadata number", #"{"__metadata__":{"k":1}}"#, 0, #"expected ""#),
        ("half a pair", #"{"\ud83e":{}}"#, 0, "half a surrogate pair"),
        ("control character", "{\"a\n\":{}}", 0, "control character"),
        ("bad escape", #"{"\x":{}}"#, 0, "unknown escape"),
        ("line break in a name", #"{"a\nb":{"dtype":"X"}}"#, 0, #"tensor a\nb has the unknown dtype"#),
        (
            "line separator in a name", #"{"a\u2028":{"dtype":"U8","shape":[1],"data_offsets":[0,2]}}"#, 2,
            #"tensor a\u{2028} takes"#
        ),
    ])
    func refuses(_ what: String, header: String, dataBytes: Int, message: String) throws {
        let path = try folder.write(header: header, data: [UInt8](repeating: 0, count: dataBytes))
        expectFailure(.badData, message, path) { _ = try SafetensorsFile(path: path) }
    }

    @Test func refusesFilesWithoutAWholeHeader() throws {
        for (bytes, message): ([UInt8], String) in [
            ([], "it is empty"),
            ([2, 0, 0], "it has 3 bytes"),
            ([3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D], "claims 3 bytes, and the file has 2"),
            ([1, 0xE1, 0xF5, 5, 0, 0, 0, 0, 0x7B, 0x7D], "claims 100000001 bytes, more than"),
            ([UInt8](repeating: 0xFF, count: 16), "claims 18446744073709551615 bytes"),
            ([4, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x22, 0xFF, 0x22], "not UTF-8"),
        ] {
            let path = folder.path("raw")
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            expectFailure(.badData, message, path) { _ = try SafetensorsFile(path: path) }
        }
        let missing = folder.path("missing")
        expectFailure(.inputOutput, "No such file", missing) { _ = try SafetensorsFile(path: missing) }
        expectFailure(.inputOutput, "expected a file, found a folder", folder.root) {
            _ = try SafetensorsFile(path: folder.root)
        }
    }

    // MARK: Writing that fails

    @Test func countsWhatItWrites() throws {
        let path = folder.path("counted")
        expectFailure(.software, "only 4 of the 8 bytes", path) {
            var writer = try SafetensorsWriter(path: path, tensors: [("w", [2])])
            try [Float(1)].withUnsafeBytes { (chunk) throws in try writer.append(chunk) }
            try writer.finish()
        }
        expectFailure(.software, "0 + 12 bytes written, and its tensors have 8", path) {
            var writer = try SafetensorsWriter(path: path, tensors: [("w", [2])])
            try [Float(1), 2, 3].withUnsafeBytes { (chunk) throws in try writer.append(chunk) }
        }
        expectFailure(.software, "two tensors named w", path) {
            _ = try SafetensorsWriter(path: path, tensors: [("w", [2]), ("w", [3])])
        }
        expectFailure(.software, "impossible shape", path) {
            _ = try SafetensorsWriter(path: path, tensors: [("w", [Int.max, 2])])
        }
    }

    @Test func reportsAFullDisk() throws {
        let full = open("/dev/full", O_WRONLY)
        defer { close(full) }
        expectFailure(.inputOutput, "No space left on device", "full") {
            try [UInt8(1)].withUnsafeBufferPointer { (bytes) throws in
                try FileAccess.append(UnsafeRawBufferPointer(bytes), to: full, path: "full")
            }
        }
        let path = folder.path("no-such-folder/file")
        expectFailure(.inputOutput, "No such file or directory", path) {
            _ = try SafetensorsWriter(path: path, tensors: [])
        }
    }

    /// One line that names the file and says what is wrong.
    private func expectFailure(
        _ kind: Failure.Kind, _ message: String, _ path: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () throws -> Void
    ) {
        let failure = #expect(throws: Failure.self, sourceLocation: sourceLocation, performing: body)
        guard let failure else { return }
        #expect(failure.kind == kind, sourceLocation: sourceLocation)
        #expect(failure.description.hasPrefix(path + ": "), sourceLocation: sourceLocation)
        #expect(failure.description.contains(message), sourceLocation: sourceLocation)
        #expect(!failure.description.contains("\n"), sourceLocation: sourceLocation)
    }
}

/// A folder of its own for each test, gone afterwards.
private final class SafetensorsFolder: Sendable {
    let root: String

    init() {
        root = FileManager.default.temporaryDirectory.appending(path: "safetensors-\(UUID().uuidString)").path
        try? FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func path(_ name: String) -> String { root + "/" + name }

    func write(header: String, data: [UInt8]) throws -> String {
        let path = path("file.safetensors")
        let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
        try Data(length + Array(header.utf8) + data).write(to: URL(fileURLWithPath: path))
        return path
    }
}
