import ElectraFineTuning
import ElectraSupport
import TestSupport
import Testing

/// What cannot be read is refused with one line that names file, line and remedy.
@Suite struct TextFileErrorsTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    /// Without the folder.
    private func refusal(
        _ name: String, _ bytes: [UInt8], _ columns: TextColumns = TextColumns(), needsLabel: Bool = true,
        kind: Failure.Kind = .badData
    ) throws -> String {
        let path = try place.write(name, bytes)
        let failure = try #require(throws: Failure.self, "\(name)") {
            _ = try TextFile.read(path, columns, needsLabel: needsLabel)
        }
        #expect(failure.kind == kind && failure.description.utf8.count < 600)
        #expect(!failure.description.utf8.contains(0x0A))
        return failure.description.replacing(place.path + "/", with: "")
    }

    private func refusal(
        _ name: String, _ text: String, _ columns: TextColumns = TextColumns(), needsLabel: Bool = true,
        kind: Failure.Kind = .badData
    ) throws -> String {
        try refusal(name, Array(text.utf8), columns, needsLabel: needsLabel, kind: kind)
    }

    @Test func columnsThatAreNotThereAreNamed() throws {
        #expect(
            try refusal("a.tsv", "id\ttext\tlabels\n1\ta\tb\n")
                == "a.tsv: no column \"label\"; it has: id, text, labels (did you mean \"labels\"?)")
        #expect(
            try refusal("a.csv", "sentence,\"la\nbel\"\na,b\n")
                == "a.csv: no column \"text\"; it has: sentence, la\\nbel; where the first line is no header, give the "
                + "numbers of columns")
        #expect(
            try refusal("a.tsv", "text\tlabel\na\tb\n", .init(pair: .named("txt"))).hasPrefix(
                "a.tsv: no column \"txt\"; it has: text, label (did you mean \"text\"?)"))
        #expect(
            try refusal("a.jsonl", "{\"txt\": \"a\", \"label\": 1}")
                == "a.jsonl:1: no column \"text\"; it has: txt, label (did you mean \"txt\"?)")
        #expect(
            try refusal("a.tsv", (1...20).map { "c\($0)" }.joined(separator: "\t"))
                == "a.tsv: no column \"text\"; it has: c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, ...; where the "
                + "first line is no header, give the numbers of columns")
        #expect(
            try refusal("a.tsv", "text\ttext\na\tb\n", needsLabel: false)
                == "a.tsv:1: two columns \"text\"; choose one by its number (1 is the first, -1 the last)")
        #expect(
            try refusal("a.tsv", "a\tb\n", .init(text: .number(0)), kind: .usage)
                == "a.tsv: no column 0; columns are numbered from 1, and -1 is the last one")
        #expect(
            try refusal("a.tsv", "a\tb\n", .init(text: .number(1), label: nil), kind: .usage)
                == "a.tsv: no column was named for the labels")
        #expect(
            try refusal("a.jsonl", "{\"text\": \"a\"}", .init(label: nil), kind: .usage)
                == "a.jsonl: no key was named for the labels")
    }

    @Test func rowsHaveAllWantedColumns() throws {
        #expect(
            try refusal("a.tsv", "text\tlabel\na\tx\nb\n")
                == "a.tsv:3: expected 2 columns (TAB separated), found 1; mend the line, or choose other columns")
        #expect(
            try refusal("a.tsv", "a\tb\n", .init(text: .number(-3), label: .number(1)))
                == "a.tsv:1: expected 3 columns (TAB separated), found 2; mend the line, or choose other columns")
        #expect(
            try refusal("a.csv", "text,label\na,x\nb, c,y\n")
                == "a.csv:3: expected 2 columns (comma separated) as in the first row, found 3; put quotation marks around "
                + "a text with commas")
        #expect(
            try refusal("a.csv", "text,label\n\"a\" b,x\n")
                == "a.csv:2: expected a comma after a closing quotation mark, found \" b\"; a quotation mark inside of "
                + "quotation marks is written twice")
        #expect(
            try refusal("a.csv", "text,label\n\"a\nb\",x\n\"c\nd,y\ne,z\n")
                == "a.csv:4: a quotation mark that is never closed; close it, or write it twice inside of two others")
    }

    @Test func textsAndLabelsAreThere() throws {
        let label = "expected a label in column \"label\", found none; mend the line"
        #expect(try refusal("a.tsv", "text\tlabel\na\tx\nb\t\n") == "a.tsv:3: \(label)")
        #expect(try refusal("a.jsonl", "{\"text\": \"a\", \"label\": null}") == "a.jsonl:1: \(label)")
        #expect(try refusal("a.jsonl", "{\"text\": \"a\", \"label\": \"\"}") == "a.jsonl:1: \(label)")
        let text = "found an empty one; mend or remove the line"
        #expect(
            try refusal("a.tsv", "text\tlabel\n \tx\n") == "a.tsv:2: expected a text in column \"text\", \(text)")
        #expect(
            try refusal("a.tsv", "\tx\n", .init(text: .number(1), label: .number(2)))
                == "a.tsv:1: expected a text in column \"1\", \(text)")
        #expect(
            try refusal("a.jsonl", "{\"text\": \"\", \"label\": 1}")
                == "a.jsonl:1: expected a text in column \"text\", \(text)")
        let long = String(repeating: "x", count: 1001)
        #expect(
            try refusal("a.tsv", "text\tlabel\na\t\(long)\n")
                == "a.tsv:2: a label of 1001 bytes; choose another column")
    }

    @Test func filesWithoutExamplesAreRefused() throws {
        #expect(try refusal("a.tsv", "") == "a.tsv: expected examples, found an empty file")
        #expect(try refusal("a.tsv", "\u{FEFF}") == "a.tsv: expected examples, found an empty file")
        for name in ["a.tsv", "a.csv", "a.jsonl", "a"] {
            #expect(try refusal(name, "\r\n\n") == "\(name): expected examples, found blank lines only")
        }
        #expect(
            try refusal("a.tsv", "text\tlabel\n\n")
                == "a.tsv:1: a header and nothing else; expected an example in each line after it")
    }

    @Test func brokenJSONIsNamedByItsLine() throws {
        let good = "{\"text\": \"a\", \"label\": 1}\n"
        #expect(
            try refusal("a.jsonl", good + "{\"text\": \"b\" \"label\": 1}\n")
                == "a.jsonl:2: malformed JSON: expected } at byte 14; mend the line")
        #expect(
            try refusal("a.jsonl", good + "{\"text\": 3, \"label\": 1}\n")
                == "a.jsonl:2: expected a text as \"text\", found the number 3")
        #expect(
            try refusal("a.jsonl", good + "{\"text\": \"b\", \"label\": [1]}\n")
                == "a.jsonl:2: expected a text or a number as \"label\", found a list")
        #expect(
            try refusal("a.jsonl", good + "{\"text\": \"b\\u0000\", \"label\": 1}\n")
                == "a.jsonl:2: a character of zero in \"text\", which no text has; mend the line")
        #expect(
            try refusal("a.jsonl", "{\"text\": \"b\", \"text_pair\": \"c\", \"label\": 1}\n" + good)
                == "a.jsonl:2: no column \"text_pair\", and line 1 has one; give it to all examples or to none")
        #expect(
            try refusal("a.jsonl", good + "{\"text\": \"b\", \"id\": \"c\", \"label\": 1}\n")
                == "a.jsonl:2: a column \"id\", and line 1 has none; give it to all examples or to none")
        for list in ["[\n{\"text\": \"a\", \"label\": 1}]", "[{\"text\": \"a\", \"label\": 1}]"] {
            #expect(
                try refusal("a.json", list)
                    == "a.json:1: a list in JSON, and one object a line is expected; convert it (jq -c '.[]' "
                    + "a.json > a.json.jsonl)")
        }
        #expect(
            try refusal("a", "{\n  \"text\": \"a\",\n  \"label\": 1\n}\n")
                == "a:1: JSON over several lines, and one object a line is expected; convert it (jq -c . a > a.jsonl)")
        let deep = String(repeating: "[", count: 100_000)
        #expect(
            try refusal("a.jsonl", "{\"text\": \(deep)").hasPrefix("a.jsonl:1: malformed JSON: more than 64 levels"))
    }

    @Test func whatIsNoTextIsRefused() throws {
        let start = Array("text\tlabel\na\tx\n".utf8)
        #expect(
            try refusal("a.tsv", start + [0x62, 0xE9, 0x62, 0x09, 0x79])
                == "a.tsv:3: not UTF-8; mend the line, or convert the file with iconv")
        #expect(
            try refusal("a.tsv", start + [0x62, 0, 0x09, 0x79] + [UInt8](repeating: 0x79, count: 80))
                == "a.tsv:3: a byte of zero, which no text has; mend the line")
        let german = "Größe über alles\tx\nübel, böse und häßlich\ty\nöde Länder, süße Äpfel\tx\n"
        let latin = try refusal("a.tsv", encoded("text\tlabel\n\(german)", "ISO-8859-1"))
        #expect(
            latin == "a.tsv:2: its text is in WINDOWS-1252, and UTF-8 is expected; convert it (iconv -f WINDOWS-1252 "
                + "-t UTF-8 a.tsv > a.tsv.utf8)")
        #expect(try refusal("a.tsv", encoded(german, "UTF-16LE")).hasPrefix("a.tsv:1: its text is in UTF-16LE"))
        let binary = (0..<4000).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 >> 5) }
        #expect(
            try refusal("a.tsv", binary).hasPrefix("a.tsv:1: binary data of an unknown kind, and UTF-8 is expected"))
        #expect(try refusal("a.csv", "PAR1....").hasPrefix("a.csv: a Parquet file, which is not read"))
        #expect(
            try refusal("a.tsv", "a\tb\rc\td\r")
                == "a.tsv:1: its lines end with a carriage return alone, so all of it would be one line; convert it "
                + "(tr '\\r' '\\n' < a.tsv > a.tsv.txt)")
        #expect(
            try refusal("a.tar", archive([("a.tsv", start)], format: "pax"))
                == "a.tar: an archive, and one file is expected; unpack it, and name a file of it")
        #expect(try refusal("a", packed(packed(start, .gzip), .xz)).hasPrefix("a: a gzip file inside of another one"))
        let whole = packed(start, .gzip)
        #expect(
            try refusal("a.tsv.gz", Array(whole.dropLast(9))).hasPrefix("a.tsv.gz: the gzip data end in the middle"))
        let label = "a" + String(repeating: "\u{301}", count: 300)
        #expect(
            try refusal("a.tsv", "text\tlabel\na\t\(label)\n")
                == "a.tsv:2: more than 256 combining marks on one letter, which no text has; mend the line")
    }

    @Test func whatCannotBeOpenedIsNamed() throws {
        let missing = #expect(throws: Failure.self) {
            try TextFile.read(place.file("none.tsv"), TextColumns(), needsLabel: true)
        }
        #expect(
            missing
                == .inputOutput(
                    "\(place.file("none.tsv")): cannot be opened (No such file or directory); check the path and its permissions"
                ))
        let folder = #expect(throws: Failure.self) { try TextFile.read(place.path, TextColumns(), needsLabel: true) }
        #expect(folder == .inputOutput("\(place.path): expected a file, found a folder; name one of its files"))
    }

    @Test(.timeLimit(.minutes(2))) func endlessRowsAreRefused() throws {
        let columns = "more than 4096 columns (TAB separated), which no table of examples has"
        #expect(try refusal("a.tsv", [UInt8](repeating: 0x09, count: 1_000_000)) == "a.tsv:1: \(columns)")
        let many = (0..<100_000).map { "\"k\($0)\":1" }.joined(separator: ",")
        #expect(
            try refusal("a.jsonl", "{\(many)}")
                == "a.jsonl:1: no column \"text\"; it has: k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k11, ...")
        let long = Array("text\tlabel\na\t".utf8) + [UInt8](repeating: 0x61, count: 16 << 20)
        let message = "a line of over 16 MiB, which no example has; is it one example a line?"
        #expect(try refusal("a.tsv", long + Array("\nb\tx\n".utf8)) == "a.tsv:2: \(message)")
        #expect(try refusal("a.tsv.zst", packed(long, .zstd)) == "a.tsv.zst:2: \(message)")
    }
}
