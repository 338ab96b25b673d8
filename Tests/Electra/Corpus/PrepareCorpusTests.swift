import Foundation
import TestSupport
import Testing

@testable import ElectraCorpus
@testable import ElectraSupport

/// All tokens of a split without [CLS] and [SEP].
private func tokens(_ store: SequenceStore, _ vocabulary: Vocabulary) throws -> [Int32] {
    try (0..<store.count).flatMap { try store.sequence($0).ids }
        .filter { $0 != vocabulary.classifier && $0 != vocabulary.separator }
}

@Suite struct PrepareCorpusTests {
    @Test func theDataSetHoldsTheWholeText() throws {
        let place = try Workplace()
        let corpus = text(documents: 100)
        try place.write("corpus.txt", corpus)
        let data = try prepare(place, ["corpus.txt"])
        try data.verify()
        #expect(data.manifest.documents == 100)
        #expect(data.train.count == data.manifest.train.sequences && data.heldOut.count > 0)
        let expected = WordPieceTokenizer(data.vocabulary, .uncased).ids(of: corpus)
        let found = try tokens(data.train, data.vocabulary) + tokens(data.heldOut, data.vocabulary)
        #expect(found.sorted() == expected.sorted())
        for index in 0..<data.train.count {
            let (ids, first) = try data.train.sequence(index)
            #expect(
                ids.count == data.train.length(of: index) && first <= ids.count
                    && ids[first - 1] == data.vocabulary.separator)
        }
        let identity = data.identity
        #expect(try prepare(place, ["corpus.txt"]).identity == identity)
        #expect(try prepare(place, ["corpus.txt"]) { $0.seed = 1 }.identity != identity)
    }

    @Test func nothingHeldOutKeepsTheOrderOfTheText() throws {
        let place = try Workplace()
        let corpus = text(documents: 60)
        try place.write("corpus.txt", corpus)
        let data = try prepare(place, ["corpus.txt"]) { $0.heldOutFraction = 0 }
        #expect(data.heldOut.count == 0)
        #expect(
            try tokens(data.train, data.vocabulary) == WordPieceTokenizer(data.vocabulary, .uncased).ids(of: corpus))
    }

    @Test func theNumberOfThreadsDoesNotShow() throws {
        let place = try Workplace()
        // Several batches in a file, and several files.
        try place.write("corpus/a.txt", text(documents: 3000))
        try place.write("corpus/deep/b.txt", text(documents: 10, seed: 6))
        for threads in [1, 3] {
            _ = try prepare(place, ["corpus"], output: "data\(threads)") {
                $0.threads = threads
                $0.shardBytes = 100_000
            }
        }
        let one = try place.contents("data1")
        #expect(one == (try place.contents("data3")))
        #expect(one.keys.contains("train-00003.shard") && one.keys.contains("held-out-00000.shard"))
        #expect(one.keys.allSatisfy { !$0.hasPrefix(".") && !$0.hasSuffix(".partial") })
        let data = try DataSet(place.file("data1"))
        try data.verify(part: 0, of: 2)
        try data.verify(part: 1, of: 2)
        #expect(data.train.shards.allSatisfy { $0.header.fileBytes <= 100_000 })
        // Across the borders of shards: every sequence is the one that its shard has.
        let count = data.train.shards.reduce(0) { $0 + $1.count }
        #expect(count == data.train.count && data.train.shards.count > 3)
        #expect((0..<count).reduce(0) { $0 + data.train.length(of: $1) } == data.manifest.train.tokens)
    }

    @Test func gzipAndJSONLinesGiveTheSameSequences() throws {
        let place = try Workplace()
        let corpus = text(documents: 50)
        try place.write("plain.txt", corpus)
        // Two members in a row are one gzip file.
        let bytes = Array(corpus.utf8)
        try place.write("packed.txt.gz", packed(Array(bytes[..<1001]), .gzip) + packed(Array(bytes[1001...]), .gzip))
        let lines = try corpus.components(separatedBy: "\n\n").map { document in
            let text = String(decoding: try JSONEncoder().encode(document), as: UTF8.self)
            return #"{"id": {"text": ["x", -1.5e3, null]}, "text": "# + text + #", "url": "a\"b"}"#
        }
        try place.write("lines.jsonl", "\u{FEFF}" + lines.joined(separator: "\n"))
        try place.write("lines.json.gz", packed(Array((lines.joined(separator: "\r\n") + "\n\n").utf8), .gzip))
        let expected = try prepare(place, ["plain.txt"]).identity
        for name in ["packed.txt.gz", "lines.jsonl", "lines.json.gz"] {
            #expect(try prepare(place, [name]).identity == expected, "\(name)")
        }
    }

    @Test func filesEndDocumentsAndOtherSuffixesAreSkipped() throws {
        let place = try Workplace()
        try place.write("corpus/b.txt", "one two three")
        try place.write("corpus/a.txt", "four five six\n \nseven")
        try place.write("corpus/.hidden.txt", "secret")
        try place.write("corpus/notes.md", "no text")
        var notes: [String] = []
        let data = try prepare(place, ["corpus"], { $0.heldOutFraction = 0 }, note: { notes.append($0) })
        #expect(data.manifest.documents == 3)
        #expect(
            try (0..<3).map { data.vocabulary.text(of: try data.train.sequence($0).ids) } == [
                "[CLS] four five six [SEP]", "[CLS] seven [SEP]", "[CLS] one two three [SEP]",
            ])
        #expect(notes.count == 1 && notes[0].contains("notes.md"))
        // Neither a data set inside the corpus nor the one that is replaced becomes part of it.
        let again = try prepare(place, ["corpus"], output: "corpus/data") { $0.heldOutFraction = 0 }
        #expect(
            try prepare(place, ["corpus"], output: "corpus/data") { $0.heldOutFraction = 0 }.identity == again.identity)
        #expect(again.identity == data.identity)
    }

    @Test func onlyTheManifestOfADataSetHidesAFolder() throws {
        let place = try Workplace()
        try place.write("corpus/books/a.txt", "one two three\n\nfour five")
        try place.write("corpus/books/manifest.json", #"{"format": "books 1", "text": "six seven"}"#)
        _ = try prepare(place, ["corpus"], output: "corpus/old") { $0.heldOutFraction = 0 }
        var notes: [String] = []
        let data = try prepare(place, ["corpus"], note: { notes.append($0) })
        #expect(data.manifest.documents == 3)
        #expect(notes.count == 1 && notes[0].contains(place.file("corpus/old") + ", which is a data set"))
    }

    @Test func everyFileIsReadOnce() throws {
        let place = try Workplace()
        let path = try place.write("corpus/a.txt", "one two three\n\nfour five")
        try FileManager.default.createSymbolicLink(atPath: place.file("corpus/self"), withDestinationPath: ".")
        try FileManager.default.createSymbolicLink(atPath: place.file("corpus/b.txt"), withDestinationPath: "a.txt")
        try FileManager.default.createSymbolicLink(atPath: place.file("corpus/c.txt"), withDestinationPath: "gone.txt")
        let vocabulary = try place.write("corpus/vocab.txt", "[PAD]\n")
        let files = try CorpusFiles([place.file("corpus"), path], except: [vocabulary])
        #expect(files.files.map(\.path) == [path])
        let expected = [
            ("b.txt", "already"), ("c.txt", "a link to nothing"), ("self", "already"), ("vocab.txt", "already"),
            ("a.txt", "already"),
        ]
        #expect(files.notes.count == expected.count)
        for (note, (name, reason)) in zip(files.notes, expected) {
            #expect(note.contains("/\(name), ") && note.contains(reason))
        }
    }

    /// A vocabulary is learnt in a first reading, after which a pipe is empty.
    @Test func aPipeNeedsAVocabulary() throws {
        let place = try Workplace()
        let path = try place.write("folder/a.txt", "one two three")
        try #require(mkfifo(place.file("folder/pipe.txt"), 0o600) == 0)
        let failure = try #require(throws: Failure.self) { try prepare(place, ["folder/pipe.txt"]) }
        #expect(failure.kind == .usage && failure.description.contains("--vocab"))
        // In a folder nobody meant it, and to open it could take for ever.
        let files = try CorpusFiles([place.file("folder")])
        #expect(files.files.map(\.path) == [path] && files.notes.count == 1 && files.notes[0].contains("is no file"))
    }

    @Test func aNameThatIsNotUTF8IsRefused() throws {
        let place = try Workplace()
        let path = try place.write("corpus/a.txt", "one two three")
        let latin1 = place.file("corpus/caf").utf8CString.dropLast() + [CChar(bitPattern: 0xE9), 0]
        try #require(rename(path, Array(latin1)) == 0)
        let failure = try #require(throws: Failure.self) { try CorpusFiles([place.file("corpus")]) }
        #expect(failure.kind == .badData && failure.description.contains("is not UTF-8; rename it"))
    }

    @Test func invalidUTF8IsReportedWithItsLine() throws {
        let place = try Workplace()
        try place.write("a.txt", Array("good line\nbad ".utf8) + [0xFF] + Array(" line\n".utf8))
        try place.write("b.txt", [UInt8](repeating: 0xC3, count: 1) + Array("abc def\n".utf8))
        var notes: [String] = []
        _ = try prepare(place, ["a.txt", "b.txt"], note: { notes.append($0) })
        #expect(notes.count == 2)
        #expect(notes[0].contains("a.txt: line 2 ") && notes[1].contains("b.txt: line 1 "))
    }

    @Test func endlessLinesAreCutAndLoseNothing() throws {
        let place = try Workplace()
        let line = String(repeating: "abc def ghi ", count: CorpusReader.longestLine / 12 + 1000)
        try place.write("a.txt", line + "\nthe end\n")
        let path = place.file("a.txt")
        var reader = CorpusReader(try CorpusFiles([path]))
        var batches: [TextBatch] = []
        while let batch = try reader.nextBatch() { batches.append(batch) }
        #expect(batches.count == 2 && batches[0].cutsLine && batches[1].endsFile && batches[0].bytes.last == 0x20)
        #expect(!batches[0].continuesLine && batches[1].continuesLine)
        #expect(batches[0].bytes + batches[1].bytes == Array((line + "\nthe end\n").utf8))
    }

    @Test func heldOutTextIsNotTrainedOn() throws {
        let place = try Workplace()
        // Every sentence is different: no sequence is in both parts, and no document is.
        try place.write(
            "corpus.txt", (0..<400).map { "document\($0) word\($0 * 7)\nline\($0)\n" }.joined(separator: "\n"))
        let data = try prepare(place, ["corpus.txt"]) {
            $0.heldOutFraction = 0.1
            $0.maximumLength = 128
        }
        #expect(data.heldOut.count == 40 && data.train.count == 360)
        let trained = Set(try (0..<data.train.count).map { try data.train.sequence($0).ids })
        #expect(try (0..<data.heldOut.count).allSatisfy { !trained.contains(try data.heldOut.sequence($0).ids) })
    }

    @Test(arguments: [0.01, 0.5])
    func evenOneSmallDocumentGivesBothParts(fraction: Double) throws {
        let place = try Workplace()
        for count in [40, 400, 4000] {
            try place.write("corpus.txt", String(repeating: "some words ", count: count))
            let data = try prepare(place, ["corpus.txt"]) { $0.heldOutFraction = fraction }
            #expect(data.manifest.documents == 1)
            let total = data.heldOut.count + data.train.count
            let wanted = max(1, Double(total) * fraction)
            #expect(data.train.count > 0 && data.heldOut.count > 0)
            #expect(abs(Double(data.heldOut.count) - wanted) <= Double(HeldOutSplit.sequencesInPiece))
        }
    }
}

@Suite struct CorpusFailureTests {
    private func failure(_ corpus: [String: String], _ change: (inout PrepareCorpus) -> Void = { _ in }) throws
        -> Failure
    {
        let place = try Workplace()
        for (name, text) in corpus { try place.write(name, text) }
        return try #require(throws: Failure.self) {
            _ = try prepare(place, corpus.isEmpty ? ["missing.txt"] : corpus.keys.sorted(), change)
        }
    }

    @Test func unusableCorporaAreNamed() throws {
        #expect(try failure([:]).kind == .inputOutput)
        #expect(try failure(["empty.txt": ""]).description.contains("no usable text"))
        #expect(try failure(["blank.txt": "\n \n\u{200B}\n"]).description.contains("no usable text"))
        #expect(try failure(["word.txt": "word"]).description.contains("gives 1 sequence, but at least 2 are needed"))
        #expect(
            try failure(["a.jsonl": "{\"text\": \"fine\"}\n{\"txt\": 1}"]).description.contains(
                "a.jsonl: line 2: no field"))
        #expect(try failure(["a.jsonl": "\n{\"text\": \"fine\""]).description.contains("a.jsonl: line 2: not one JSON"))
        #expect(try failure(["a.txt": "a b"]) { $0.maximumLength = 7 }.kind == .usage)
        #expect(try failure(["a.txt": "a b"]) { $0.heldOutFraction = 0.9 }.kind == .usage)
    }

    @Test func aTruncatedGzipIsNamed() throws {
        let place = try Workplace()
        try place.write("cut.txt.gz", packed(Array(text(documents: 50).utf8), .gzip).dropLast(20) + [])
        let failure = try #require(throws: Failure.self) { _ = try prepare(place, ["cut.txt.gz"]) }
        #expect(failure.kind == .badData && failure.description.contains("cut.txt.gz: the gzip data end in the middle"))
        #expect(!FileManager.default.fileExists(atPath: place.file("data")))
    }

    @Test func aFolderOfOtherThingsIsNotTouchedAndAFailureKeepsTheOldData() throws {
        let place = try Workplace()
        try place.write("corpus.txt", text(documents: 20))
        try place.write("precious/thesis.tex", "mine")
        let failure = try #require(throws: Failure.self) { _ = try prepare(place, ["corpus.txt"], output: "precious") }
        #expect(failure.kind == .usage && failure.description.contains("thesis.tex"))
        let identity = try prepare(place, ["corpus.txt"]).identity
        try place.write("bad.jsonl", "{}")
        #expect(throws: Failure.self) { _ = try prepare(place, ["corpus.txt", "bad.jsonl"]) }
        #expect(try DataSet(place.file("data")).identity == identity)
        try DataSet(place.file("data")).verify()
    }
}

@Suite struct DamagedDataSetTests {
    private let place: Workplace
    private let shard = "data/train-00000.shard"

    init() throws {
        place = try Workplace()
        try place.write("corpus.txt", text(documents: 40))
        _ = try prepare(place, ["corpus.txt"])
    }

    private func openingFails() throws -> Failure {
        try #require(throws: Failure.self) { try DataSet(place.file("data")).verify() }
    }

    @Test(arguments: [0, 10, 64, 1000])
    func aCutShardIsNamedWithItsSizes(size: Int) throws {
        let whole = try place.bytes(shard)
        try place.write(shard, Array(whole[..<size]))
        let failure = try openingFails()
        #expect(failure.kind == .badData)
        #expect(failure.description.contains("train-00000.shard: \(whole.count) bytes expected, \(size) found"))
        #expect(failure.description.contains("run prepare again"))
    }

    @Test func everyFlippedBitIsSeen() throws {
        let whole = try place.bytes(shard)
        let header = try ShardHeader(whole.withUnsafeBytes { UnsafeRawBufferPointer($0) }, path: "")
        let index = ShardHeader.bytes + header.sequenceCount * Shard.indexEntryBytes
        // All of the header, some of the index, the tokens and the very last byte.
        let places = Array(0..<64) + [64, 69, 71, index - 1, index, index + 33, whole.count - 1]
        for (number, position) in places.enumerated() {
            var damaged = whole
            damaged[position] ^= 1 << UInt8(number % 8)
            try place.write(shard, damaged)
            let failure = try openingFails()
            #expect(failure.kind == .badData && failure.description.contains("train-00000.shard"), "byte \(position)")
        }
    }

    /// What a wrong program could have written, with right checksums.
    @Test(arguments: [200, 70_000])
    func numbersThatNoNetworkMayReadAreRefused(vocabulary: Int) throws {
        var manifest = try DataSet(place.file("data")).manifest
        manifest.vocabularySize = vocabulary
        func verify(_ ids: [Int], first: Int) throws {
            var writer = ShardWriter(
                .train, folder: place.path, maximumLength: manifest.maxLength, vocabularySize: vocabulary)
            try ids.map(Int32.init).withUnsafeBufferPointer { try writer.append($0, firstSegmentLength: first) }
            try writer.finish()
            let entry = writer.shards[0]
            try Shard(path: place.file(entry.name), expecting: entry, in: manifest).verify()
        }
        func refusal(_ ids: [Int], first: Int) throws -> String {
            try #require(throws: Failure.self) { try verify(ids, first: first) }.description
        }
        try verify([2, 0, vocabulary - 1, 3], first: 4)
        #expect(
            try refusal([2, 5, vocabulary, 3], first: 4).contains(
                "tokens from 0 to \(vocabulary - 1) expected, \(vocabulary) found"))
        #expect(try refusal([-1, 2, 3], first: 3).contains("tokens from 0 to \(vocabulary - 1) expected"))
        #expect(try refusal([2, 5, 3], first: 1).contains("first segment of sequence 0, 1 found"))
        #expect(try refusal([2], first: 1).contains("first segment of sequence 0, 1 found"))
    }

    @Test func aManifestOfAnotherVersionOrNoneIsRefused() throws {
        let manifest = String(decoding: try place.bytes("data/manifest.json"), as: UTF8.self)
        try place.write(
            "data/manifest.json", manifest.replacingOccurrences(of: "\"version\" : 1", with: "\"version\" : 2"))
        #expect(try openingFails().description.contains("version 1 of the format expected, 2 found"))
        try place.write("data/manifest.json", manifest.replacingOccurrences(of: "max_length", with: "length"))
        #expect(try openingFails().description.contains("no key"))
        try place.write("data/manifest.json", String(manifest.dropLast(20)))
        #expect(try openingFails().kind == .badData)
        try FileManager.default.removeItem(atPath: place.file("data/manifest.json"))
        #expect(try openingFails().description.contains("no whole data set"))
    }

    @Test func anotherVocabularyIsRefused() throws {
        try place.write("data/vocab.txt", try place.bytes("data/vocab.txt") + Array("more\n".utf8))
        #expect(try openingFails().description.contains("vocab.txt"))
    }

    @Test func aMissingShardIsNamed() throws {
        try FileManager.default.removeItem(atPath: place.file(shard))
        let failure = try openingFails()
        #expect(failure.kind == .inputOutput && failure.description.contains("train-00000.shard"))
    }

    /// A vocabulary of over 65,536 pieces makes tokens of four bytes.
    @Test func largeVocabulariesWork() throws {
        let pieces = Vocabulary.specialPieces + (0..<70_000).map { "w\($0)" }
        let vocabulary = try Vocabulary(pieces: pieces, name: "vocab.txt")
        try place.write("large.txt", "w69999 w65536 w0 w65535\n\nw1")
        let data = try prepare(place, ["large.txt"], output: "large") {
            $0.vocabulary = NamedVocabulary(vocabulary, nil, file: "vocab.txt")
            $0.heldOutFraction = 0
        }
        #expect(data.train.shards[0].header.tokenWidth == 4)
        #expect(try data.train.sequence(0).ids == [2, 70_004, 65_541, 5, 65_540, 3])
    }
}
