/// WordPiece: each word is cut greedily into the longest pieces that the vocabulary has.
///
///     unaffable  ->  un  ##aff  ##able
///
/// A word that cannot be cut entirely, or has over 100 characters, is one [UNK] (Hugging Face `tokenizers`,
/// models/wordpiece). Text that spells "[MASK]" is five ordinary tokens: no text can smuggle in a special one.
///
/// Not Sendable: one for each thread; `PieceTable` is shared.
public final class WordPieceTokenizer {
    private let normalizer: BertNormalizer
    private let table: PieceTable
    private let unknown: Int32
    /// `hashes[n]` is the hash of the first n bytes of what is left of the word.
    private let hashes: UnsafeMutablePointer<UInt64>

    public convenience init(_ vocabulary: Vocabulary, cased: Bool) {
        self.init(PieceTable(vocabulary), unknown: vocabulary.unknown, cased: cased)
    }

    init(_ table: PieceTable, unknown: Int32, cased: Bool) {
        self.table = table
        self.unknown = unknown
        normalizer = BertNormalizer(cased: cased)
        hashes = .allocate(capacity: 4 * BertNormalizer.characterLimit + 65)
    }

    deinit { hashes.deallocate() }

    /// Appends the ids of a line; returns the count of its bytes that are not UTF-8 (they are left out).
    func tokenize(_ line: UnsafeBufferPointer<UInt8>, into ids: inout TokenBuffer) -> Int {
        normalizer.forEachWord(in: line) { word, characters in
            if characters > BertNormalizer.characterLimit {
                ids.append(unknown)
            } else {
                cut(word, into: &ids)
            }
        }
    }

    /// The ids of a text, for tests and short inputs.
    public func ids(of text: String) -> [Int32] {
        ids(of: Array(text.utf8))
    }

    public func ids(of bytes: [UInt8]) -> [Int32] {
        var ids = TokenBuffer()
        _ = bytes.withUnsafeBufferPointer { tokenize($0, into: &ids) }
        return ids.array
    }

    @inline(__always)
    private func cut(_ word: UnsafeBufferPointer<UInt8>, into ids: inout TokenBuffer) {
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
                return
            }
            ids.append(found)
            rest += length
            left -= length
            continues = true
        }
    }
}
