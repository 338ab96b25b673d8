import Foundation
import TestSupport
import Testing

@testable import ElectraCorpus

extension FuzzTests {
    /// Everything that a corpus may be: text, JSON lines and archives, packed in each way, damaged.
    @Test func corpus() throws {
        let text = Array("one two three\n\nfour five \u{E9}t\u{E9}\nsix\n".utf8)
        let lines =
            Array(
                #"{"id": 1, "text": "a\nb \ud83d\ude00", "meta": {"title": ["t", "u"], "n": NaN}}"#.utf8)
            + Array("\n{\"text\": null}\n".utf8)
        let entries = [("a.txt", text), ("b/c.jsonl", lines), ("d.png", [1, 2])]
        let originals =
            [text, lines] + [text, lines].flatMap { bytes in Packing.allCases.map { packed(bytes, $0) } }
            + ["pax", "ustar", "zip"].map { archive(entries, format: $0) }
            + Packing.allCases.map { archive(entries, format: "pax", $0) }
            + [encoded("schöne Grüße\nfür alle\n", "UTF-16LE"), encoded("и в не\n", "KOI8-R")]
        var fields = ReadingOptions()
        fields.textFields = ["text", "meta.title"]
        fields.skipsBadLines = true
        let readings = [ReadingOptions(), fields]
        let tokenizer = WordPieceTokenizer(
            try Vocabulary(pieces: Vocabulary.specialPieces + ["a", "##b", "one"], name: "test"), .uncased)
        var count = 0
        try fuzz(
            "corpus", originals, words: ["{\"text\": \"", "\"}\n", "NaN", "[", "{", "\u{FEFF}", "PK\u{3}\u{4}", "\r"]
        ) { path in
            let files = try CorpusFiles([path], options: readings[count % 2])
            count += 1
            let sentences = SentenceTokenizer(tokenizer, files.options)
            var reader = CorpusReader(files)
            var report = LineReport(note: { _ in })
            while let batch = try reader.nextBatch() { try report.add(sentences.tokenize(batch).lines) }
            report.finish()
        }
    }
}
