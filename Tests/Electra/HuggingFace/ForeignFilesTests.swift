import CKernels
import Foundation
import TestSupport
import Testing

@testable import ElectraHuggingFace
@testable import ElectraSupport

@Suite struct ForeignFilesTests {
    @Test(arguments: [
        ("model.safetensors", true), ("..a", true), ("a b\u{301}", true), ("", false), (".", false), ("..", false),
        ("/a", false),
        ("../a", false), ("a/", false), ("a\u{0}", false),
        // A slash and a combining mark are one character for Swift, and two for the system.
        ("..\u{2F}\u{338}/../a", false), ("..\u{2F}\u{301}a", false),
    ])
    func aNameLeavesNoFolder(name: String, isPlain: Bool) {
        #expect(FileAccess.isPlainName(name) == isPlain)
    }

    @Test(arguments: ["../up\u{2F}\u{338}.safetensors", "..\u{2F}\u{301}.safetensors", "/etc/passwd", ".."])
    func anIndexLeavesNoFolder(name: String) throws {
        let place = try Workplace()
        try FileManager.default.createDirectory(atPath: place.file("model"), withIntermediateDirectories: true)
        let index = JSON.object([(key: "weight_map", value: .object([(key: "a", value: .text(name))]))]).compact
        try place.write("model/model.safetensors.index.json", index)
        let failure = #expect(throws: Failure.self) {
            try HuggingFaceWeights(folder: place.file("model"), architecture: "ElectraModel")
        }
        #expect(failure?.description.contains("expected the names of tensors and files") == true)
    }

    @Test func onlyWhatIsOursIsRemoved() throws {
        let place = try Workplace()
        try FileManager.default.createDirectory(atPath: place.file("made/inside"), withIntermediateDirectories: true)
        for name in ["ours", "theirs", "inside/ours"] { try place.write("made/\(name)", name) }
        FileAccess.removeFolder(place.file("made"), first: "manifest") { $0 == "ours" || $0 == "inside" }
        #expect(try FileAccess.names(in: place.file("made")) == ["inside", "theirs"])
        #expect(try FileAccess.names(in: place.file("made/inside")) == ["ours"])
        try FileManager.default.createSymbolicLink(atPath: place.file("link"), withDestinationPath: place.file("made"))
        FileAccess.removeFolder(place.file("link")) { _ in true }
        #expect(try FileAccess.names(in: place.file("made")) == ["inside", "theirs"])
    }

    @Test func aFileHasALimit() throws {
        let place = try Workplace()
        try place.write("file", "12345")
        #expect(try FileAccess.contents(of: place.file("file"), remedy: "", limit: 5).count == 5)
        let failure = #expect(throws: Failure.self) {
            try FileAccess.contents(of: place.file("file"), remedy: "shorten it", limit: 4)
        }
        #expect(failure?.description.hasSuffix("file: expected at most 4 bytes, found more; shorten it") == true)
    }

    @Test(arguments: [0, 1, 7, 64, 1001])
    func numbersThatAreNoneAreCounted(count: Int) {
        var numbers = [Float](repeating: .greatestFiniteMagnitude, count: count)
        #expect(ck_count_not_finite(numbers, count) == 0)
        for (index, number) in zip([0, count / 2, count - 1], [Float.nan, -.infinity, .signalingNaN]) where count > 3 {
            numbers[index] = number
        }
        #expect(ck_count_not_finite(numbers, count) == (count > 3 ? 3 : 0))
    }

    /// What is cut while it is mapped reads as zeros, page by page, and that is told.
    @Test func aMappingThatIsCut() throws {
        let place = try Workplace()
        try place.write("file", String(repeating: "x", count: 20_000))
        let map = try MemoryMap(path: place.file("file"), remedy: "")
        let other = try MemoryMap(path: place.file("file"), remedy: "")
        #expect(map.bytes[19_999] == UInt8(ascii: "x") && !map.isCut)
        #expect(truncate(place.file("file"), 5000) == 0)
        #expect(map.bytes[4999] == UInt8(ascii: "x") && !map.isCut)
        #expect(map.bytes[12_000] == 0 && map.bytes[19_999] == 0 && map.isCut && !other.isCut)
    }
}
