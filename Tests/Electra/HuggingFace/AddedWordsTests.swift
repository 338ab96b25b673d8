import TestSupport
import Testing

@testable import ElectraCorpus
@testable import ElectraHuggingFace
@testable import ElectraSupport

/// Words that are taken out of a text as one token. Ids and places are those of transformers 5.
@Suite struct AddedWordsTests {
    private static let pieces =
        Vocabulary.specialPieces + ["[unused0]", "[unused1]", "a", "b", "c", "##a", "##b", "##c", "19", "##19"]
    private static let words = [
        AddedWord(text: "[unused1]", id: 6, isNormalized: true), AddedWord(text: "Covid", id: 15, isNormalized: true),
        AddedWord(text: "new york", id: 16, isNormalized: true), AddedWord(text: "中国", id: 17, isNormalized: true),
        AddedWord(text: "Foo", id: 18),
        AddedWord(
            text: "solo", id: 19, standsAlone: true, takesSpacesBefore: true, takesSpacesAfter: true, isNormalized: true
        ),
        AddedWord(text: "<user>", id: 20, isSpecial: true),
        AddedWord(text: "<sys>", id: 21, takesSpacesBefore: true, takesSpacesAfter: true, isSpecial: true),
    ]

    private func tokens(_ text: String, _ words: [AddedWord] = words) throws -> [String] {
        let vocabulary = try Vocabulary(pieces: Self.pieces, addedWords: words, name: "test")
        let tokenizer = WordPieceTokenizer(vocabulary, .uncased)
        let tokens = tokenizer.tokens(of: Array(text.utf8))
        #expect(tokenizer.ids(of: text) == tokens.map(\.id))
        return tokens.map { "\($0.id):\($0.start)-\($0.end)" }
    }

    @Test(arguments: [
        ("a covid19 b", "7:0-1 15:2-7 13:7-9 8:10-11"), ("a COVID b", "7:0-1 15:2-7 8:8-9"),
        ("aNew  Yorkb", "1:0-4 1:6-11"), ("New york", "16:0-8"), ("中国 a", "17:0-2 7:3-4"),
        ("foo Foo", "1:0-3 18:4-7"), ("a[unused1]b [UNUSED1]", "7:0-1 6:1-10 8:10-11 6:12-21"),
        ("a solo b solob", "7:0-1 19:1-7 8:7-8 1:9-14"),
        (" a  <user>b <sys> c", "7:1-2 20:4-10 8:10-11 21:11-18 9:18-19"),
        ("Foo", "18:0-3"), ("", ""), ("<user><user>", "20:0-6 20:6-12"), ("<sys> <sys>", "21:0-6 21:6-11"),
        // The space that normalisation puts around an ideograph is taken, and the ideograph stays.
        ("a solo中 b", "7:0-1 19:1-7 1:6-7 8:8-9"), ("a中solo b", "7:0-1 1:1-2 19:1-7 8:7-8"), ("ésolo", "1:0-5"),
    ])
    func asHuggingFaceHasThem(text: String, expected: String) throws {
        #expect(try tokens(text).joined(separator: " ") == expected)
    }

    /// At one place the longest; whole words only where asked; a word of the vocabulary keeps its id.
    @Test func whichIsTaken() throws {
        let words = [
            AddedWord(text: "ab", id: 15), AddedWord(text: "abc", id: 16), AddedWord(text: "bc19", id: 17),
            AddedWord(text: "cc", id: 18, standsAlone: true),
        ]
        #expect(try tokens("abc19", words) == ["16:0-3", "13:3-5"])
        #expect(
            try tokens("cc ccc cc", words).map { $0.split(separator: ":")[0] }
                == ["18", "9", "12", "12", "18"].map { $0[...] })
        #expect(try tokens("é cc\u{301} _cc", words).first == "1:0-1")
        let bytes: [UInt8] = [0x61, 0xFF, 0x61, 0x62, 0xFF]
        let vocabulary = try Vocabulary(pieces: Self.pieces, addedWords: words, name: "test")
        #expect(WordPieceTokenizer(vocabulary, .uncased).ids(of: bytes) == [7, 15])
    }

    /// In a data set, and out again in the files of a tokenizer.
    @Test func theyGoThroughADataSet() throws {
        let place = try Workplace()
        let vocabulary = try Vocabulary(pieces: Self.pieces, addedWords: Self.words, name: "test")
        #expect(vocabulary.count == 22 && vocabulary[15] == "Covid" && vocabulary[6] == "[unused1]")
        try FileAccess.makeFolder(place.file("model"))
        let files = TokenizerFiles(vocabulary: vocabulary, rules: .uncased, maximumLength: 12)
        try files.write(to: place.file("model"))
        #expect(try TokenizerFiles(folder: place.file("model")) == files)
        var prepare = PrepareCorpus(
            corpus: [try place.write("c.txt", "a covid b <user> c\n\nb Foo foo\n\nc solo\n")],
            output: place.file("data"))
        prepare.vocabulary = try NamedVocabulary(place.file("model"))
        prepare.heldOutFraction = 0
        _ = try prepare.run { _ in }
        let data = try DataSet(place.file("data"))
        #expect(data.vocabulary == vocabulary && data.manifest.vocabularySize == 22)
        var seen: Set<Int32> = []
        for index in 0..<data.train.count { seen.formUnion(try data.train.sequence(index).0) }
        #expect(seen.isSuperset(of: [15, 18, 19, 20]))
        // Another added word makes another data set.
        var other = data.manifest
        other.addedWords?.removeLast()
        #expect(DataSet.identity(of: other) != data.identity)
        other.addedWords = nil
        #expect(!String(decoding: other.encoded, as: UTF8.self).contains("added"))
    }

    @Test(arguments: [
        // The id that a file says, if it can be; else the next; of a piece, the piece's.
        (#"{"content": "x1", "id": 40}"#, 40), (#"{"content": "x1", "id": 7}"#, 15), (#"{"content": "x1"}"#, 15),
        (###"{"content": "##b", "id": 99}"###, 11),
    ])
    func ids(word: String, id: Int32) throws {
        let place = try Workplace()
        let plain = TokenizerFiles(vocabulary: try Vocabulary(pieces: Self.pieces, name: "test"), rules: .uncased)
        try plain.write(to: place.path)
        let json = String(decoding: try place.bytes("tokenizer.json"), as: UTF8.self)
        try place.write("tokenizer.json", json.replacing("\"added_tokens\": [", with: "\"added_tokens\": [\(word),"))
        #expect(try TokenizerFiles(folder: place.path).vocabulary.addedWords.map(\.id) == [id])
    }

    /// transformers numbers added words from the number of different lines on: below the last pieces, where some lines
    /// are blank or doubled. Our files make it give the same numbers again.
    @Test(arguments: [([String](), 15), (["", "", "x"], 17), (["a", "b", "x"], 16)])
    func afterOddLines(lines: [String], id: Int) throws {
        let place = try Workplace()
        try place.write("vocab.txt", (Self.pieces + lines).joined(separator: "\n"))
        try place.write("added_tokens.json", #"{"zap": 3}"#)
        let files = try TokenizerFiles(folder: place.path)
        #expect(files.vocabulary.addedWords.map(\.id) == [Int32(id)] && files.vocabulary[Int32(id)] == "zap")
        try FileAccess.makeFolder(place.file("out"))
        try files.write(to: place.file("out"))
        let json = try JSONObjectFile(path: place.file("out/tokenizer.json"), remedy: "")
        #expect(json.object["model"]?["vocab"]?.members?.count == id)
        let again = try TokenizerFiles(folder: place.file("out")).vocabulary
        #expect(again.numbersAlike(files.vocabulary))
    }
}
