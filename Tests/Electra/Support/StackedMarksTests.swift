import TestSupport
import Testing

@testable import ElectraSupport

/// What takes the square of a number of marks is refused, or bounded: a text of a hundred thousand took minutes.
@Suite struct StackedMarksTests {
    private func areTooMany(_ text: String) -> Bool {
        Array(text.utf8).withUnsafeBufferPointer(StackedMarks.areTooMany(in:))
    }

    private static let pair = "\u{301}\u{316}"
    private static let limit = StackedMarks.most

    @Test func aLetterMayHaveWhatWritingHas() {
        #expect(!areTooMany(""))
        #expect(!areTooMany("plain text, \\u0041, \\uD834\\uDD1E"))
        #expect(!areTooMany("Việt, Å, हिन्दी"))
        #expect(!areTooMany("a" + String(repeating: Self.pair, count: Self.limit / 2)))
        #expect(!areTooMany(String(repeating: "e\u{301}", count: 1000)))
    }

    @Test(arguments: [
        "a" + String(repeating: pair, count: limit / 2) + "\u{301}",
        String(repeating: pair, count: limit),
        String(repeating: "\\u0301", count: limit + 1),
        String(repeating: "\u{302A}", count: limit + 1),
        String(repeating: "\u{1D165}", count: limit + 1),
        "text " + String(repeating: "\u{301}\\u0316", count: limit) + " text",
    ])
    func moreAreTooMany(text: String) { #expect(areTooMany(text)) }

    @Test func whatIsNotUTF8DoesNotCount() {
        for bytes: [UInt8] in [[0xCC], [0xE3, 0x80], [0xF0, 0x9D], [0xFF, 0xCC, 0x41], [0x5C], [0x5C, 0x75, 0x30]] {
            #expect(!bytes.withUnsafeBufferPointer(StackedMarks.areTooMany(in:)))
        }
    }

    @Test func everyFileIsLookedAt() throws {
        let place = try Workplace()
        let marks = "e" + String(repeating: Self.pair, count: Self.limit)
        for name in ["run.json", "manifest.json", "vocab.txt", "config.json"] {
            let path = try place.write(name, "{\"\(marks)\": 1}")
            let failure = #expect(throws: Failure.self) { try FileAccess.contents(of: path, remedy: "look") }
            #expect(
                failure?.description == "\(path): more than 256 combining marks on one letter, which no text has; look")
        }
    }
}
