import CKernels
package import ElectraSupport
import Foundation
import Glibc

/// The WordPieces that a model knows: one a line in vocab.txt, the id is the number of the line, from 0.
///
/// A piece that continues a word starts with `##`. Five pieces are special and found by their text, not by a fixed id:
/// [PAD] [UNK] [CLS] [SEP] [MASK] are 0, 100, 101, 102, 103 in BERT's vocabulary and 0 to 4 in others.
///
/// Published vocabularies have blank and doubled lines. They count, for models are trained with the numbers: a blank
/// line is no piece, and of a doubled piece the last line is the id, as in Hugging Face's `tokenizers`.
package struct Vocabulary: Sendable, Equatable {
    package static let specialPieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

    /// The lines of vocab.txt.
    package let pieces: [String]
    /// Taken out of a text before it is cut into pieces. Most have ids of their own, after those of the pieces.
    package let addedWords: [AddedWord]
    package let padding: Int32
    package let unknown: Int32
    package let classifier: Int32
    package let separator: Int32
    package let mask: Int32

    /// All ids are below.
    package var count: Int { max(pieces.count, (addedWords.map { Int($0.id) }.max() ?? 0) + 1) }

    /// Of each entry, whether it goes on with a word.
    package var continuesWord: [Bool] { (0..<count).map { $0 < pieces.count && pieces[$0].hasPrefix("##") } }

    /// For one that was named.
    package static let usualRemedy =
        "check --vocab, which takes a WordPiece vocab.txt such as bert-base-uncased's, or a model's folder"

    /// `name` is what an error calls the vocabulary: its path. Blank lines at the end are left out.
    package init(
        pieces: [String], addedWords: [AddedWord] = [], name: String, remedy: String = usualRemedy
    ) throws(Failure) {
        let last = pieces.lastIndex { !$0.isEmpty } ?? -1
        self.pieces = Array(pieces[...last])
        self.addedWords = addedWords
        let ids = Self.ids(of: self.pieces)
        let count = self.pieces.count
        func special(_ piece: String) throws(Failure) -> Int32 {
            guard let id = ids[Array(piece.utf8)] else {
                let found = VocabularyDiagnosis(pieces)
                throw .badData(
                    "\(name): no \(piece) among its \(counted(count, "line"))"
                        + (found.map { "; it looks like \($0.name); \($0.remedy)" }
                            ?? ", but ELECTRA needs \(Self.specialPieces.joined(separator: " ")); \(remedy)"))
            }
            return id
        }
        padding = try special("[PAD]")
        unknown = try special("[UNK]")
        classifier = try special("[CLS]")
        separator = try special("[SEP]")
        mask = try special("[MASK]")
    }

    /// By bytes: Swift takes "e" with an accent in one scalar and in two for the same String, a vocabulary does not.
    private static func ids(of pieces: [String]) -> [[UInt8]: Int32] {
        var ids: [[UInt8]: Int32] = [:]
        ids.reserveCapacity(pieces.count)
        for (id, piece) in pieces.enumerated() where !piece.isEmpty { ids[Array(piece.utf8)] = Int32(id) }
        return ids
    }

    /// Reads vocab.txt. White space at the end of a line is no part of it.
    package init(
        path: String, addedWords: [AddedWord] = [], remedy: String = usualRemedy
    ) throws(Failure) {
        try self.init(
            bytes: FileAccess.contents(of: path, remedy: remedy), addedWords: addedWords, name: path, remedy: remedy)
    }

    package init(
        bytes: [UInt8], addedWords: [AddedWord] = [], name: String, remedy: String = usualRemedy
    ) throws(Failure) {
        if let foreign = ForeignContent(bytes) { throw foreign.failure(name, expected: "a vocabulary") }
        guard var text = String(validating: bytes, as: UTF8.self) else {
            throw .badData("\(name): a vocabulary must be UTF-8, and this is not; \(remedy)")
        }
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        let pieces = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            var piece = Substring(line).unicodeScalars
            while piece.last.map(Self.isSpace) == true { piece.removeLast() }
            return String(piece)
        }
        try self.init(pieces: pieces, addedWords: addedWords, name: name, remedy: remedy)
    }

    /// The pieces that a word can be cut into, by their ids: a line that is no piece is empty, also one with white space,
    /// which no word has.
    package var wordPieces: [String] {
        let ids = Self.ids(of: pieces)
        return pieces.enumerated().map { id, piece in
            let isPiece =
                ids[Array(piece.utf8)] == Int32(id)
                && !piece.unicodeScalars.contains(where: Self.isSpace)
            return isPiece ? piece : ""
        }
    }

    /// White space (Unicode's property); of ASCII, which nearly all is, without a search in its tables.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII ? scalar == " " || (0x09...0x0D).contains(scalar.value) : scalar.properties.isWhitespace
    }

    /// Whether every text gives the same ids with both, whatever lines there are that are no pieces.
    package func numbersAlike(_ other: Vocabulary) -> Bool {
        count == other.count && addedWords == other.addedWords
            && zip(wordPieces, other.wordPieces).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    /// Whether both have the same pieces in the same order. Numbers may differ by lines that are no pieces: the tokenizers
    /// library leaves these out when it writes vocab.txt.
    package func hasPieces(of other: Vocabulary) -> Bool {
        let (mine, others) = (wordPieces.filter { !$0.isEmpty }, other.wordPieces.filter { !$0.isEmpty })
        return mine.count == others.count && zip(mine, others).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    /// What to tell of lines that are no pieces; nil for a vocabulary without.
    var oddity: String? {
        let blank = pieces.count { $0.isEmpty }
        let doubled = pieces.count - blank - Self.ids(of: pieces).count
        if blank + doubled == 0 { return nil }
        return "\(counted(blank, "blank line")) and \(counted(doubled, "doubled line")), which keep their numbers: "
            + "no text gives a blank one, and of doubled ones the last counts"
    }

    /// The content of vocab.txt.
    package var fileContents: [UInt8] {
        pieces.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] }
    }

    /// For those who would only know after long work.
    package static func checkCanBeWritten(to path: String) throws(Failure) {
        switch FileAccess.kind(of: path) {
        case .folder: throw .usage("\(path): a file is expected for --output, and this is a folder; name a file in it")
        case .other: throw .usage("\(path): a file is expected for --output, and this is a pipe or device; name a file")
        case .missing, .file: break
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard access(folder, W_OK) == 0 else {
            throw .inputOutput("\(path): cannot be created (\(FileAccess.reason)); check --output")
        }
    }

    /// Whole or not at all.
    package func write(to path: String) throws(Failure) { try FileAccess.write(fileContents, to: path) }

    /// CRC-32C of `fileContents`: two data sets of one checksum number their tokens alike.
    package var checksum: UInt32 {
        fileContents.withUnsafeBytes { ck_crc32c(0, $0.baseAddress, $0.count) }
    }

    package subscript(id: Int32) -> String {
        if let word = addedWords.first(where: { $0.id == id }) { return word.text }
        return pieces.indices.contains(Int(id)) ? pieces[Int(id)] : "[no piece \(id)]"
    }

    /// Whether a piece belongs to the word of the one before it.
    package func continuesWord(_ id: Int32) -> Bool {
        let piece = self[id].utf8
        return piece.starts(with: "##".utf8) && piece.count > 2
    }

    /// Tokens as readable text: `##` pieces are joined to what precedes them.
    package func text(of ids: some Sequence<Int32>) -> String {
        var text = ""
        for id in ids {
            if continuesWord(id) {
                text.unicodeScalars += self[id].unicodeScalars.dropFirst(2)
            } else {
                text += (text.isEmpty ? "" : " ") + self[id]
            }
        }
        return text
    }
}
