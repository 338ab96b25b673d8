import Foundation
import TestSupport
import Testing

@testable import ElectraCorpus
@testable import ElectraSupport

/// Files are known by what is in them: read, or refused with the way to text; whatever their names say.
@Suite struct CorpusContentTests {
    private let place: Workplace
    private let corpus = text(documents: 40)

    init() throws { place = try Workplace() }

    private var lines: String {
        corpus.components(separatedBy: "\n\n").map { document in
            let text = String(decoding: (try? JSONEncoder().encode(document)) ?? Data(), as: UTF8.self)
            return #"{"url": "https://a.example/b", "text": \#(text), "score": NaN}"#
        }.joined(separator: "\n")
    }

    private func identity(_ name: String, _ notes: inout [String]) throws -> String {
        var found: [String] = []
        let identity = try withExtendedLifetime(found) {
            try prepare(place, [name], note: { found.append($0) }).identity
        }
        notes = found
        return identity
    }

    private func identity(_ name: String) throws -> String {
        var notes: [String] = []
        let identity = try identity(name, &notes)
        #expect(notes == [], "\(name)")
        return identity
    }

    private func refusal(_ name: String, _ bytes: [UInt8], _ change: (inout PrepareCorpus) -> Void = { _ in }) throws
        -> String
    {
        try place.write(name, bytes)
        let failure = try #require(throws: Failure.self, "\(name)") { _ = try prepare(place, [name], change) }
        #expect(failure.kind == .badData && failure.description.contains(name), "\(failure)")
        #expect(!FileManager.default.fileExists(atPath: place.file("data")))
        return failure.description
    }

    @Test func jsonLinesAreReadUnderAnyName() throws {
        try place.write("plain.txt", corpus)
        let expected = try identity("plain.txt")
        for name in ["wiki_00", "corpus", "a.ndjson", "a.JSONL", "a.txt", "b.json", "part-00001", "x.dump"] {
            try place.write(name, "\n" + lines)
            #expect(try identity(name) == expected, "\(name)")
        }
        for packing in Packing.allCases {
            try place.write("packed", packed(Array(lines.utf8), packing))
            #expect(try identity("packed") == expected, "\(packing)")
        }
    }

    @Test func textIsReadFromEveryPackingUnderAnyName() throws {
        try place.write("plain.txt", corpus)
        let expected = try identity("plain.txt")
        let bytes = Array(corpus.utf8)
        for packing in Packing.allCases {
            for name in ["a.txt", "a.txt.\(packing.suffix)", "a"] {
                try place.write(name, packed(bytes, packing))
                #expect(try identity(name) == expected, "\(packing) as \(name)")
            }
            try place.write("a.tar.\(packing.suffix)", archive([("deep/a.txt", bytes)], format: "pax", packing))
            #expect(try identity("a.tar.\(packing.suffix)") == expected, "tar in \(packing)")
        }
        for format in ["pax", "ustar", "gnutar", "v7tar", "zip"] {
            try place.write("a.txt", archive([("é/a.txt", bytes)], format: format))
            #expect(try identity("a.txt") == expected, "\(format)")
        }
    }

    @Test func entriesOfAnArchiveAreTexts() throws {
        try place.write("plain.txt", "one two three\n\nfour five six\n\nseven eight")
        let expected = try identity("plain.txt")
        let entries: [(name: String, bytes: [UInt8])] = [
            ("texts/", []), ("texts/a.txt", Array("one two three".utf8)),
            ("texts/b.jsonl", Array(#"{"text": "four five six"}"#.utf8)), ("texts/.hidden.txt", Array("secret".utf8)),
            ("__MACOSX/texts/a.txt", Array("secret".utf8)), ("texts/picture.png", [0x89, 0x50, 0x4E, 0x47]),
            ("texts/wiki_00", Array("seven eight".utf8)),
        ]
        for (name, format, packing) in [("a.zip", "zip", nil), ("a.tar", "pax", nil), ("a.tgz", "pax", Packing.gzip)] {
            try place.write(name, archive(entries, format: format, packing))
            var notes: [String] = []
            #expect(try identity(name, &notes) == expected, "\(name)")
            #expect(notes.count == 1 && notes[0].contains("1 entry of") && notes[0].contains("picture.png"), "\(notes)")
        }
        let message = try refusalOfEntry(("texts/c.txt", encoded("Größe\nübel\n", "ISO-8859-1")))
        #expect(message.contains("texts/c.txt: its text is in WINDOWS-1252"))
        #expect(try refusalOfEntry(("c.txt", packed(Array(corpus.utf8), .xz))).contains("inside of another"))
        #expect(try refusalOfEntry(("c.json", Array("[1, 2]".utf8))).contains("a list in JSON"))
    }

    private func refusalOfEntry(_ entry: (name: String, bytes: [UInt8])) throws -> String {
        try? FileManager.default.removeItem(atPath: place.file("data"))
        return try refusal("b.zip", archive([("a.txt", Array("one two".utf8)), entry], format: "zip"))
    }

    @Test func damagedPackingsAreRefused() throws {
        let bytes = Array(text(documents: 400).utf8)
        for packing in Packing.allCases {
            let whole = packed(bytes, packing)
            // compress has neither a length nor a checksum.
            if packing == .compress { continue }
            _ = try refusal("cut.\(packing)", Array(whole[..<(whole.count / 2)]))
            // libarchive writes no checksum into zstd, as zstd itself does.
            if packing == .zstd { continue }
            for place in [whole.count / 3, whole.count / 2, whole.count - 5] {
                var damaged = whole
                damaged[place] ^= 0x10
                _ = try refusal("damaged-\(place).\(packing)", damaged)
            }
        }
        let zip = archive([("a.txt", bytes)], format: "zip")
        _ = try refusal("cut.zip", Array(zip[..<(zip.count / 2)]))
        var damaged = zip
        damaged[zip.count / 2] ^= 0x10
        _ = try refusal("damaged.zip", damaged)
        let tar = archive([("a.txt", bytes)], format: "pax")
        _ = try refusal("cut.tar", Array(tar[..<(tar.count / 2)]))
    }

    @Test(arguments: [
        ("PAR1....", "a Parquet file", "read_parquet"), ("ARROW1\0\0", "an Arrow file", "pandas"),
        ("%PDF-1.7\n", "a PDF", "pdftotext"), ("{\\rtf1\\ansi hello", "an RTF", "pandoc"),
        ("SQLite format 3\0", "an SQLite", "sqlite3"), ("7z\u{BC}", "a 7-Zip archive", "7z x"),
        ("Rar!\u{1A}\u{7}", "a RAR", "unrar"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 1\n", "a Git LFS pointer", "git lfs pull"),
        ("\n<!DOCTYPE html>\n<html><body>text</body></html>", "an HTML page", "--format text"),
        ("<?xml version=\"1.0\"?>\n<a>text</a>", "XML", "--format text"),
        ("<mediawiki xmlns=\"x\">\n", "a dump of MediaWiki", "wikiextractor"),
        ("<doc id=\"12\" url=\"x\" title=\"A\">\nA\n", "wikiextractor", "--json"),
        ("1\tgood\n0\tbad\n1\tfine\n", "a table", "cut -f2"), ("one two\rthree\rfour", "a carriage return", "tr '"),
        ("[{\"text\": \"a\"},\n{\"text\": \"b\"}]", "a list in JSON", "jq -c '.[]'"),
        ("[\"a\", \"b\"]\n", "a list", "jq"),
        ("{\n  \"text\": \"a\"\n}\n", "JSON over several lines", "jq -c ."),
        ("{\"text\": \"a\", \n", "its first line is not one object", "--format json"),
        ("\u{0}\u{1}\u{2}\u{3}binary\u{4}\u{5}\u{0}\u{1}\u{2}", "binary data", "leave it out"),
        ("WARC/1.0\r\n", "a web archive", "text"), ("GIF89a", "a picture", "leave it out"),
        ("ELECTRAD\u{1}", "a shard", "text is needed"),
    ])
    func otherKindsAreRefusedWithTheWayToText(content: String, kind: String, way: String) throws {
        // As bytes, where they are no text.
        let bytes = content.hasPrefix("7z") ? [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C] : Array(content.utf8)
        for name in ["a.txt", "wiki_00", "a.dat"] {
            let message = try refusal(name, bytes)
            #expect(message.contains(kind) && message.contains(way), "\(message)")
        }
        // The same inside of a packed file.
        #expect(try refusal("b.txt", packed(bytes, .zstd)).contains(kind))
    }

    @Test func documentsInZipArchivesAreNamed() throws {
        for (entry, kind) in [
            ("[Content_Types].xml", "an Office document"), ("mimetype", "an e-book"), ("model/data.pkl", "of numbers"),
        ] {
            let bytes = archive([(entry, Array("<x/>".utf8)), ("word/document.xml", [])], format: "zip")
            #expect(try refusal("a.docx", bytes).contains(kind))
        }
    }

    @Test func tablesAndMarkupAreReadWhereSomebodyInsists() throws {
        for content in ["1\tgood\n0\tbad\n1\tfine\n", "<html>\n\nfine text", "[{\"a\"\n\nb c d\n", "{\"a\n\nb c d\n"] {
            try place.write("a.txt", content)
            #expect(throws: Failure.self) { try prepare(place, ["a.txt"]) }
            #expect(throws: Never.self) {
                try prepare(place, ["a.txt"]) {
                    $0.reading.format = .lines
                    $0.heldOutFraction = 0
                }
            }
        }
        try FileManager.default.removeItem(atPath: place.file("data"))
        #expect(try refusal("b.csv", Array("label,text\n1,\"good, bad\"\n".utf8)).contains("a table"))
        #expect(try refusal("b.jsonl", Array("plain text\n".utf8)).contains("b.jsonl: line 1: not one JSON"))
        #expect(
            try refusal("b", Array("plain text\n".utf8)) { $0.reading.format = .jsonLines }.contains("line 1: not one"))
    }

    /// Text that begins like something else is text.
    @Test(arguments: [
        "{{Infobox}} is how it begins\nand goes on", "[1] A footnote\nand more", "{ a set of words }\nis a set",
        "BZh is no word\nbut begins one", "<b>bold</b> words\nfollow", "a\tb\nc\nd\te\tf\n",
        "PK is short for\nsomething",
        "\u{FEFF}marked as UTF-8\nand fine", "a few \u{0} bytes of zero are\nleft out of the text here",
        "ID and more\nof it", "[\"Hello,\" he said]\nand left",
    ])
    func textThatBeginsLikeSomethingElseIsText(content: String) throws {
        try place.write("a.txt", content)
        #expect(throws: Never.self) { try prepare(place, ["a.txt"]) { $0.heldOutFraction = 0 } }
    }

    @Test func aNameThatMisleadsIsANote() throws {
        for name in ["a.txt.gz", "b.xz", "c.jsonl.zst"] {
            try place.write(name, name.contains("json") ? lines : corpus)
            var notes: [String] = []
            _ = try identity(name, &notes)
            #expect(notes.isEmpty == false && notes[0].contains("in spite of its name"), "\(name): \(notes)")
        }
    }

    @Test func foldersAreReadByNameAndContent() throws {
        try place.write("folder/AA/wiki_00", lines)
        try place.write("folder/AA/wiki_01.bz2", packed(Array(lines.utf8), .bzip2))
        try place.write("folder/b.NDJSON", lines)
        try place.write("folder/c.tar", archive([("a.txt", Array(corpus.utf8))], format: "pax"))
        try place.write("folder/d.parquet", "PAR1")
        try place.write("folder/e.parquet", "PAR1")
        try place.write("folder/core", [UInt8](repeating: 1, count: 100))
        try place.write("folder/notes.md", "no text")
        let files = try CorpusFiles([place.file("folder")])
        #expect(
            files.files.map { $0.path.dropFirst(place.path.count + 8) } == [
                "AA/wiki_00", "AA/wiki_01.bz2", "b.NDJSON", "c.tar",
            ])
        let expected = [
            "core, which has no suffix", "2 files, the first", "notes.md; a file that", "2 files without a suffix",
        ]
        #expect(files.notes.count == expected.count)
        for (note, words) in zip(files.notes, expected) { #expect(note.contains(words), "\(note)") }
        try place.write("only/a.parquet", "PAR1")
        let failure = try #require(throws: Failure.self) { try CorpusFiles([place.file("only")]) }
        #expect(failure.description.contains("no text in this folder") && failure.description.contains("read_parquet"))
        // One that calls itself text and is none is a mistake of somebody's.
        try place.write("folder/z.txt", "PAR1")
        #expect(throws: Failure.self) { try CorpusFiles([place.file("folder")]) }
    }
}

/// Text in another encoding than UTF-8 is refused, with the encoding where it can be told.
@Suite struct TextEncodingTests {
    private static let languages: [(name: String, text: String, encodings: [String])] = [
        (
            "German", "Die Größe der Wälder überrascht.\nÜber den Höfen läuten Glocken für alle.\nSchöne Grüße",
            ["WINDOWS-1252", "ISO-8859-1:WINDOWS-1252", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"]
        ),
        ("French", "L'été a été très doux.\nLà-bas, où sont les élèves ?\nIl préfère le café.", ["WINDOWS-1252"]),
        ("Polish", "Żółty liść spadł z drzewa.\nCzęsto myślę o przyszłości.\nWłaśnie się dzieje", ["WINDOWS-1250"]),
        ("Turkish", "Işık ağacın üstünde.\nBu çok güzel bir şey değil mi?\nYağmur yağıyor", ["WINDOWS-1254"]),
        (
            "Russian", "Все счастливые семьи похожи друг на друга.\nКаждая несчастливая семья несчастлива по-своему.",
            ["WINDOWS-1251", "KOI8-R", "IBM866", "ISO-8859-5", "UTF-16LE"]
        ),
        (
            "Greek", "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι.\nΚαι ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
            ["ISO-8859-7"]
        ),
        (
            "Hebrew",
            "כל בני האדם נולדו בני חורין ושווים.\nהם ניחנו בתבונה ובמצפון, לפיכך חובה עליהם לנהוג איש ברעהו ברוח של אחווה.",
            ["WINDOWS-1255"]
        ),
        ("Arabic", "يولد جميع الناس أحرارا متساوين في الكرامة.\nوقد وهبوا عقلا وضميرا.", ["WINDOWS-1256"]),
        ("Thai", "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกัน\nในเกียรติศักดิ์และสิทธิ", ["TIS-620"]),
        (
            "Chinese", "人人生而自由，在尊严和权利上一律平等。\n他们有的是理性和良心，这是不能没有的了。",
            ["GB18030", "UTF-16LE", "UTF-16BE"]
        ),
        ("Chinese, traditional", "人人生而自由，在尊嚴和權利上一律平等。\n他們的國家是大的，這個人來了不是嗎。", ["BIG5"]),
        (
            "Japanese", "すべての人間は、生まれながらにして自由である。\nかつ、尊厳と権利とについて平等である。",
            ["SHIFT_JIS", "EUC-JP", "UTF-16LE"]
        ),
        ("Korean", "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.\n인간은 이성을 가지고 있다.", ["EUC-KR"]),
    ]

    @Test func encodingsAreTold() {
        for (language, text, encodings) in Self.languages {
            #expect(TextEncoding(Array(text.utf8), isWhole: true).isUTF8, "\(language)")
            for pair in encodings {
                let names = pair.split(separator: ":").map(String.init)
                // More text than the few sentences tells more.
                let found = TextEncoding(encoded(text + "\n" + text + "\n", names[0]), isWhole: true)
                #expect(!found.isUTF8 && found.name == names.last, "\(language), \(pair): \(found)")
            }
        }
    }

    /// A file that is cut in a character is still UTF-8, and so is one with a few bad lines.
    @Test func utf8WithFlawsIsUTF8() {
        for (_, text, _) in Self.languages {
            let bytes = Array(text.utf8)
            for cut in 1...3 { #expect(TextEncoding(Array(bytes.dropLast(cut)), isWhole: false).isUTF8) }
        }
        let lines = (0..<10).map { Array("line \($0)".utf8) + ($0 < 5 ? [0xE9] : []) + [0x0A] }.flatMap { $0 }
        #expect(TextEncoding(lines, isWhole: true).isUTF8)
        #expect(!TextEncoding(lines + [0xE9, 0x0A], isWhole: true).isUTF8)
        #expect(TextEncoding([], isWhole: true).isUTF8)
    }

    /// What begins well may go on in another encoding: all lines of a file count.
    @Test func aFileIsRefusedAtItsEnd() throws {
        let place = try Workplace()
        let start = String(repeating: "plain words here\n", count: ContentFormat.bytesLookedAt / 16)
        let rest = encoded(String(repeating: "für alle Wälder\n", count: 8000), "ISO-8859-1")
        try place.write("a.txt", Array(start.utf8) + rest)
        let failure = try #require(throws: Failure.self) { try prepare(place, ["a.txt"]) }
        #expect(failure.kind == .badData && failure.description.contains("8000 of "), "\(failure)")
    }
}

/// Lines of JSON that are bad are counted by kind where they are passed over, and end the work where not.
@Suite struct BadLineTests {
    @Test func eachKindIsCountedWithItsFirstLine() throws {
        let place = try Workplace()
        let lines = [
            #"{"text": "one two three"}"#, "", #"{"text": null}"#, #"{"text": "four"#, #"{"txt": "five"}"#,
            #"{"text": 6}"#,
            "not JSON", #"{"text": "seven eight nine"}"#, #"{"other": 1}"#, "",
        ]
        try place.write("a.jsonl", lines.joined(separator: "\n"))
        #expect(throws: Failure.self) { try prepare(place, ["a.jsonl"]) }
        var notes: [String] = []
        let data = try prepare(
            place, ["a.jsonl"],
            {
                $0.reading.skipsBadLines = true
                $0.heldOutFraction = 0
            }, note: { notes.append($0) })
        #expect(data.manifest.documents == 2)
        let expected = [
            ("2 lines of JSON broken", "line 4"), ("1 line of JSON with null", "line 3"),
            ("2 lines of JSON without a field", "line 5"), ("1 line of JSON with something else", "line 6"),
        ]
        #expect(notes.count == expected.count, "\(notes)")
        for (note, (words, line)) in zip(notes, expected) {
            #expect(note.contains(words) && note.hasSuffix("a.jsonl \(line)"), "\(note)")
        }
    }
}
