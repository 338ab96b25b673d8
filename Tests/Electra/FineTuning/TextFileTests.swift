import ElectraFineTuning
import ElectraSupport
import TestSupport
import Testing

/// Tables and JSON lines of texts are read to the letter.
@Suite struct TextFileTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    private func read(
        _ name: String, _ content: String, _ columns: TextColumns = TextColumns(), needsLabel: Bool = true
    ) throws -> [TextRecord] {
        try TextFile.read(try place.write(name, content), columns, needsLabel: needsLabel)
    }

    private func record(
        _ line: Int, _ text: String, _ label: String? = nil, pair: String? = nil, id: String? = nil, of name: String
    ) -> TextRecord {
        TextRecord(
            id: id, text: Array(text.utf8), pair: pair.map { Array($0.utf8) }, label: label,
            source: SourceLine(file: place.file(name), line: line))
    }

    @Test func aWholeNumberIsANumberOfAColumn() {
        let columns = ["1", "-1", "text", "#1 String", "1.5", ""].map(Column.init(parsing:))
        #expect(
            columns == [.number(1), .number(-1), .named("text"), .named("#1 String"), .named("1.5"), .named("")])
    }

    @Test func quotationMarksOfTabSeparatedFilesAreCharacters() throws {
        let content = "\u{FEFF}label\ttext\r\nyes\t\"so\r\n\r\n \t \nno\tit \"\"is\"\r\n\n\n"
        let expected = [record(2, "\"so", "yes", of: "a.tsv"), record(5, "it \"\"is\"", "no", of: "a.tsv")]
        #expect(try read("a.tsv", content) == expected)
    }

    @Test func fieldsInQuotationMarksHaveCommasAndLineBreaks() throws {
        let content = "id,text,label,text_pair\r\n1,\"a, \"\"b\"\"\r\nc\",x,\"\"\r\n2,5\" disk,\"y\",d\n\n"
        #expect(
            try read("a.csv", content) == [
                record(2, "a, \"b\"\r\nc", "x", pair: "", id: "1", of: "a.csv"),
                record(4, "5\" disk", "y", pair: "d", id: "2", of: "a.csv"),
            ])
        #expect(try read("a.csv", "text\n\"\"\"\"", needsLabel: false) == [record(2, "\"", of: "a.csv")])
    }

    @Test func linesOfJSONHaveTheirKeys() throws {
        let content = """
            {"text": "a\\n\\u00e9", "label": 3, "other": [1, {"text": "no"}], "id": "x"}

            {"id": 7, "label": "three", "text": "b", "text_pair": null}
            {"id": 8, "label": 3.8, "text": "c"}
            {"id": 9, "label": true, "text": "d"}
            """
        let expected = [
            record(1, "a\né", "3", id: "x", of: "a"), record(3, "b", "three", id: "7", of: "a"),
            record(4, "c", "3.8", id: "8", of: "a"), record(5, "d", "true", id: "9", of: "a"),
        ]
        #expect(try read("a", content) == expected)
        #expect(try read("a.jsonl", content).map(\.label) == ["3", "three", "3.8", "true"])
        #expect(try read("b.json", #"{"text": "a", "label": null}"#, needsLabel: false)[0].label == nil)
        #expect(
            try read("b.json", #"{"1": "a", "b": ""}"#, .init(text: .number(1), pair: .named("b")), needsLabel: false)[
                0
            ].pair == [])
    }

    /// The GLUE tasks name columns, count them, or both.
    @Test func columnsHaveNamesAndNumbers() throws {
        let cola = TextColumns(text: .number(4), pair: nil, label: .number(2), id: nil)
        #expect(try read("c.tsv", "gj04\t1\t\tA b.\ngj04\t0\t*\tC d.\n", cola).map(\.label) == ["1", "0"])
        let mrpc = TextColumns(text: .named("#1 String"), pair: .named("#2 String"), label: .named("Quality"), id: nil)
        let content = "\u{FEFF}Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t7\t8\tHe said \"no\t\"Yes\" .\n"
        #expect(try read("m.tsv", content, mrpc) == [record(2, "He said \"no", "1", pair: "\"Yes\" .", of: "m.tsv")])
        var sts = TextColumns(text: .number(-3), pair: .number(-2), label: .number(-1), id: .number(1), header: true)
        let scores = "index\tsentence1\tsentence2\tscore\n0\ta\tb\t5.000\n1\tsource\tc\td\t0.5\n"
        let expected = [
            record(2, "a", "5.000", pair: "b", id: "0", of: "s.tsv"),
            record(3, "c", "0.5", pair: "d", id: "1", of: "s.tsv"),
        ]
        #expect(try read("s.tsv", scores, sts) == expected)
        sts.header = nil
        #expect(try read("s.tsv", scores, sts).count == 3)
        let mixed = TextColumns(text: .number(1), pair: nil, label: .named("class"), id: nil)
        #expect(try read("x.txt", "sentence\tclass\na\t1\n", mixed) == [record(2, "a", "1", of: "x.txt")])
    }

    @Test func aHeaderIsTheFirstRowWithAWantedName() throws {
        var columns = TextColumns(text: .number(2), pair: nil, label: .number(1), id: .optional("id"))
        #expect(try read("a.tsv", "label\ttext\n1\ta\n", columns).count == 2)
        columns.header = true
        #expect(try read("a.tsv", "label\ttext\n1\ta\n", columns) == [record(2, "a", "1", of: "a.tsv")])
        columns.header = false
        #expect(try read("a.tsv", "id\ttext\n1\ta\n", columns).count == 2)
        columns.header = nil
        #expect(try read("a.tsv", "id\ttext\n1\ta\n", columns) == [record(2, "a", "1", id: "1", of: "a.tsv")])
    }

    @Test func labelsThatAreNotNeededMayBeMissing() throws {
        #expect(try read("a.tsv", "text\na\n", needsLabel: false) == [record(2, "a", of: "a.tsv")])
        #expect(try read("a.tsv", "text\tlabel\na\t\nb\tx\n", needsLabel: false).map(\.label) == [nil, "x"])
        let named = TextColumns(text: .number(1), label: .named("label"))
        #expect(try read("a.tsv", "a\nb\n", named, needsLabel: false).map(\.label) == [nil, nil])
        let numbers = TextColumns(text: .number(1), pair: nil, label: .number(-2), id: nil)
        #expect(try read("a.tsv", "a\nb\n", numbers, needsLabel: false).map(\.label) == [nil, nil])
        #expect(try read("a.tsv", "a\nb\n", .init(text: .number(1), label: nil), needsLabel: false).count == 2)
    }

    @Test func filesOfOtherNamesAreLookedInto() throws {
        let expected = ["x", "y"]
        for content in [
            "text\tlabel\na\tx\nb\ty\n", "text,label\na,x\n\"b\",y",
            "\n {\"text\": \"a\", \"label\": \"x\"}\n{\"label\": \"y\", \"text\": \"b\"}",
        ] {
            #expect(try read("a", content).map(\.label) == expected)
            #expect(try read("a.data", content).map(\.text) == [[0x61], [0x62]])
        }
        #expect(try read("a", "{text}\n{other}\n", .init(text: .number(1)), needsLabel: false).count == 2)
    }

    @Test func filesMayBePacked() throws {
        let content = Array("text,label\n\"a, b\",x\n".utf8)
        for packing in [Packing.gzip, .bzip2, .xz, .zstd] {
            for name in ["a.csv.\(packing.suffix)", "a.csv", "a"] {
                let path = try place.write(name, packed(content, packing))
                #expect(
                    try TextFile.read(path, TextColumns(), needsLabel: true) == [record(2, "a, b", "x", of: name)],
                    "\(packing) as \(name)")
            }
        }
    }
}
