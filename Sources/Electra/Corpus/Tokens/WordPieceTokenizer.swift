/// WordPiece: each word is cut greedily into the longest pieces that the vocabulary has.
///
///     unaffable  ->  un  ##aff  ##able
///
/// A word that cannot be cut entirely, or has over 100 characters, is one [UNK] (Hugging Face `tokenizers`,
/// models/wordpiece). Text that spells "[MASK]" gives ordinary tokens ("[", "mask", "]"), where Hugging Face's tokenizer
/// gives the special one: no text can smuggle it in. A vocabulary's added words are taken out of a text before all else.
///
/// Not Sendable: one for each thread; `PieceTable` is shared.
package final class WordPieceTokenizer {
    private let normalizer: BertNormalizer
    /// One of its own, so that deleted marks are counted once.
    private lazy var normalizerOfLostWords = BertNormalizer(normalizer.table)
    private let table: PieceTable
    private let unknown: Int32
    /// nil where the vocabulary has no added words.
    private let cutter: AddedWordCutter?
    /// `hashes[n]` is the hash of the first n bytes of what is left of the word.
    private let hashes: UnsafeMutablePointer<UInt64>
    /// Where the pieces of the word that was cut last end, in bytes of the word.
    private let pieceEnds: UnsafeMutablePointer<Int>

    package convenience init(_ vocabulary: Vocabulary, _ rules: TextRules) {
        self.init(PieceTable(vocabulary), vocabulary, rules)
    }

    /// `table` is that of the vocabulary: one for all threads.
    package init(_ table: PieceTable, _ vocabulary: Vocabulary, _ rules: TextRules) {
        self.table = table
        unknown = vocabulary.unknown
        cutter = AddedWordCutter(vocabulary.addedWords, rules)
        normalizer = BertNormalizer(rules)
        let longestWord = 4 * BertNormalizer.characterLimit + 65
        hashes = .allocate(capacity: longestWord)
        pieceEnds = .allocate(capacity: longestWord)
    }

    deinit {
        hashes.deallocate()
        pieceEnds.deallocate()
    }

    /// Appends the ids of a line, and its [UNK] to `unknownWords`; returns the count of its bytes that are not UTF-8 (they
    /// are left out).
    package func tokenize(
        _ line: UnsafeBufferPointer<UInt8>, into ids: inout TokenBuffer, counting unknownWords: UnknownWords
    ) -> Int {
        var counts = LineCounts()
        if let cutter {
            for part in cutter.parts(of: Array(line)) {
                switch part {
                case .text(let range):
                    tokenizeText(UnsafeBufferPointer(rebasing: line[range]), into: &ids, &counts)
                case .word(let id, _):
                    ids.append(id)
                    counts.words += 1
                }
            }
        } else {
            tokenizeText(line, into: &ids, &counts)
        }
        unknownWords.words += counts.words
        // A second time, as the loop above is all of the work and few lines lose a word.
        if counts.lost > 0 { count(line, in: unknownWords) }
        return counts.invalidBytes
    }

    private struct LineCounts {
        var words = 0
        /// Words that became [UNK].
        var lost = 0
        var invalidBytes = 0
    }

    /// A text without added words.
    @inline(__always)
    private func tokenizeText(
        _ line: UnsafeBufferPointer<UInt8>, into ids: inout TokenBuffer, _ counts: inout LineCounts
    ) {
        var (words, lost) = (0, 0)
        counts.invalidBytes += normalizer.forEachWord(in: line) { word, characters in
            words += 1
            if characters > BertNormalizer.characterLimit {
                ids.append(unknown)
                lost += 1
            } else if !cut(word, into: &ids) {
                lost += 1
            }
        }
        counts.words += words
        counts.lost += lost
    }

    /// The words of a line that became [UNK].
    private func count(_ line: UnsafeBufferPointer<UInt8>, in unknownWords: UnknownWords) {
        func count(_ text: UnsafeBufferPointer<UInt8>) {
            _ = normalizerOfLostWords.forEachWord(in: text) { word, characters in
                if characters > BertNormalizer.characterLimit {
                    unknownWords.tooLong.add(word)
                } else if !spells(word) {
                    unknownWords.unspelt.add(word)
                }
            }
        }
        guard let cutter else { return count(line) }
        for case .text(let range) in cutter.parts(of: Array(line)) { count(UnsafeBufferPointer(rebasing: line[range])) }
    }

    /// What the lines since the last call lost without accents.
    func takeDeletedMarks() -> DeletedMarks { normalizer.takeDeletedMarks() }

    /// Whether a normalised word has pieces.
    func spells(_ word: UnsafeBufferPointer<UInt8>) -> Bool {
        var ids = TokenBuffer()
        return cut(word, into: &ids)
    }

    /// The same, with the bytes of the line that each token stands for.
    package func tokenize(_ line: UnsafeBufferPointer<UInt8>, into ids: inout TokenBuffer, spans: inout [Range<Int>]) {
        guard let cutter else { return tokenizeText(line, into: &ids, spans: &spans) }
        for part in cutter.parts(of: Array(line)) {
            switch part {
            case .text(let range):
                let before = spans.count
                tokenizeText(UnsafeBufferPointer(rebasing: line[range]), into: &ids, spans: &spans)
                for place in before..<spans.count {
                    let span = spans[place]
                    spans[place] = span.lowerBound + range.lowerBound..<span.upperBound + range.lowerBound
                }
            case .word(let id, let range):
                ids.append(id)
                spans.append(range)
            }
        }
    }

    private func tokenizeText(
        _ line: UnsafeBufferPointer<UInt8>, into ids: inout TokenBuffer, spans: inout [Range<Int>]
    ) {
        var trace = ByteTrace()
        _ = normalizer.forEachWord(in: line, tracing: &trace) { word, characters, trace in
            let before = ids.count
            if characters <= BertNormalizer.characterLimit, cut(word, into: &ids) {
                var start = 0
                for piece in 0..<ids.count - before {
                    spans.append(trace.span(ofBytes: start..<pieceEnds[piece]))
                    start = pieceEnds[piece]
                }
            } else {
                if ids.count == before { ids.append(unknown) }
                spans.append(trace.word)
            }
        }
    }

    /// A token of a text and the characters (Unicode scalars) of the text that it stands for.
    package struct Token: Sendable, Equatable {
        package let id: Int32
        package let start: Int
        package let end: Int
    }

    /// With places as Hugging Face's `tokenizers` gives them to Python.
    package func tokens(of bytes: [UInt8]) -> [Token] {
        let text = encode(bytes)
        let places = CharacterPlaces(bytes)
        return zip(text.ids, text.spans).map { id, span in
            Token(id: id, start: places[span.lowerBound], end: places[span.upperBound])
        }
    }

    /// The tokens of a text, each with the bytes of the text that it stands for.
    package func encode(_ bytes: [UInt8]) -> (ids: [Int32], spans: [Range<Int>]) {
        var ids = TokenBuffer()
        var spans: [Range<Int>] = []
        bytes.withUnsafeBufferPointer { tokenize($0, into: &ids, spans: &spans) }
        return (ids.array, spans)
    }

    /// The same, where "[MASK]" in the text stands for that token.
    package func encodeWithMasks(_ bytes: [UInt8], mask: Int32) -> (ids: [Int32], spans: [Range<Int>]) {
        let marker = Array("[MASK]".utf8)
        var result: (ids: [Int32], spans: [Range<Int>]) = ([], [])
        var start = 0
        func add(upTo end: Int) {
            let (ids, spans) = encode(Array(bytes[start..<end]))
            result.ids += ids
            result.spans += spans.map { $0.lowerBound + start..<$0.upperBound + start }
        }
        while let found = bytes[start...].firstRange(of: marker) {
            add(upTo: found.lowerBound)
            result.ids.append(mask)
            result.spans.append(found)
            start = found.upperBound
        }
        add(upTo: bytes.count)
        return result
    }

    /// The ids of a text, for tests and short inputs.
    package func ids(of text: String) -> [Int32] {
        ids(of: Array(text.utf8))
    }

    package func ids(of bytes: [UInt8]) -> [Int32] {
        var ids = TokenBuffer()
        _ = bytes.withUnsafeBufferPointer { tokenize($0, into: &ids, counting: UnknownWords()) }
        return ids.array
    }

    /// False where the word cannot be cut, and became [UNK].
    @inline(__always)
    private func cut(_ word: UnsafeBufferPointer<UInt8>, into ids: inout TokenBuffer) -> Bool {
        let before = ids.count
        var rest = word.baseAddress!
        var left = word.count
        var continues = false
        while left > 0 {
            let reach = min(left, table.longestPiece)
            var hash = continues ? PieceTable.continuationSeed : PieceTable.startSeed
            for length in 0..<reach {
                hash = PieceTable.extend(hash, rest[length])
                hashes[length + 1] = hash
            }
            var length = reach
            var found: Int32 = -1
            while length > 0 {
                // Only whole characters: where the next byte continues one, a piece cannot end.
                if length == left || rest[length] & 0xC0 != 0x80 {
                    found = table.id(rest, length, continues: continues, hash: hashes[length])
                    if found >= 0 { break }
                }
                length -= 1
            }
            if found < 0 {
                ids.removeAll(after: before)
                ids.append(unknown)
                return false
            }
            ids.append(found)
            rest += length
            left -= length
            pieceEnds[ids.count - before - 1] = word.count - left
            continues = true
        }
        return true
    }
}
