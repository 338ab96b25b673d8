import CKernels
import Foundation
import Glibc

/// The WordPieces that a model knows: one a line in vocab.txt, the id is the number of the line, from 0.
///
/// A piece that continues a word starts with `##`. Five pieces are special and found by their text, not by a fixed id:
/// [PAD] [UNK] [CLS] [SEP] [MASK] are 0, 100, 101, 102, 103 in BERT's vocabulary and 0 to 4 in others.
public struct Vocabulary: Sendable, Equatable {
    public static let specialPieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

    public let pieces: [String]
    public let padding: Int32
    public let unknown: Int32
    public let classifier: Int32
    public let separator: Int32
    public let mask: Int32

    public var count: Int { pieces.count }

    /// For one that was named.
    public static let usualRemedy = "check --vocab, which takes a WordPiece vocabulary such as bert-base-uncased's"

    /// `name` is what an error calls the vocabulary: its path.
    public init(pieces: [String], name: String, remedy: String = usualRemedy) throws(Failure) {
        // By bytes: Swift takes "e" with an accent in one scalar and in two for the same String, a vocabulary does not.
        var ids: [[UInt8]: Int32] = [:]
        ids.reserveCapacity(pieces.count)
        for (id, piece) in pieces.enumerated() {
            if piece.isEmpty {
                throw .badData("\(name): line \(id + 1) is empty, but every line must be one WordPiece; \(remedy)")
            }
            if let first = ids.updateValue(Int32(id), forKey: Array(piece.utf8)) {
                throw .badData(
                    "\(name): “\(piece)” stands on line \(first + 1) and again on line \(id + 1), but a WordPiece has one id; \(remedy)"
                )
            }
        }
        func special(_ piece: String) throws(Failure) -> Int32 {
            guard let id = ids[Array(piece.utf8)] else {
                throw .badData(
                    "\(name): no \(piece) among its \(pieces.count) lines, but ELECTRA needs "
                        + "\(Self.specialPieces.joined(separator: " ")); \(remedy)")
            }
            return id
        }
        padding = try special("[PAD]")
        unknown = try special("[UNK]")
        classifier = try special("[CLS]")
        separator = try special("[SEP]")
        mask = try special("[MASK]")
        self.pieces = pieces
    }

    /// Reads vocab.txt. Lines may end with CR LF; a line break at the end of the file is not another line.
    public init(path: String, remedy: String = usualRemedy) throws(Failure) {
        try self.init(bytes: FileAccess.contents(of: path, remedy: remedy), name: path, remedy: remedy)
    }

    init(bytes: [UInt8], name: String, remedy: String = usualRemedy) throws(Failure) {
        guard var text = String(validating: bytes, as: UTF8.self) else {
            throw .badData("\(name): a vocabulary must be UTF-8, and this is not; \(remedy)")
        }
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        let pieces = lines.map { line in
            String(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)!
        }
        try self.init(pieces: pieces, name: name, remedy: remedy)
    }

    /// The content of vocab.txt.
    public var fileContents: [UInt8] {
        pieces.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] }
    }

    /// For those who would only know after long work.
    public static func checkCanBeWritten(to path: String) throws(Failure) {
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
    public func write(to path: String) throws(Failure) { try FileAccess.write(fileContents, to: path) }

    /// CRC-32C of `fileContents`: two data sets of one checksum number their tokens alike.
    public var checksum: UInt32 {
        fileContents.withUnsafeBytes { ck_crc32c(0, $0.baseAddress, $0.count) }
    }

    public subscript(id: Int32) -> String {
        pieces.indices.contains(Int(id)) ? pieces[Int(id)] : "[no piece \(id)]"
    }

    /// Tokens as readable text: `##` pieces are joined to what precedes them.
    public func text(of ids: some Sequence<Int32>) -> String {
        var text = ""
        for id in ids {
            let piece = self[id]
            if piece.utf8.starts(with: "##".utf8) && piece.utf8.count > 2 {
                text.unicodeScalars += piece.unicodeScalars.dropFirst(2)
            } else {
                text += (text.isEmpty ? "" : " ") + piece
            }
        }
        return text
    }
}
