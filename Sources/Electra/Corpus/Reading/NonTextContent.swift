import ElectraSupport
import Foundation

/// Kinds of files that hold no text as it is read here, known by their first bytes, with the way to text.
struct NonTextContent: Sendable, Equatable {
    /// "a Parquet file"
    let name: String
    /// What to do about it.
    let remedy: String

    /// The kind that a file is of; nil for what may be text.
    init?(_ first: [UInt8]) {
        guard let kind = Self.kinds.first(where: { $0.matches(first) }) else { return nil }
        self = kind.content
    }

    /// What the first entry of a zip archive says of it; nil for an archive of texts.
    init?(firstEntryOfZip name: String) {
        let office = ["[Content_Types].xml", "_rels/.rels", "docProps/app.xml"]
        if office.contains(name) || name.hasPrefix("word/") {
            self.init("an Office document (docx, xlsx, pptx)", "pandoc -t plain --wrap=none FILE -o FILE.txt")
        } else if name == "mimetype" {
            self.init("an e-book or OpenDocument file", "pandoc -t plain --wrap=none FILE -o FILE.txt")
        } else if name == "META-INF/MANIFEST.MF" || name == "META-INF/" {
            self.init("a Java archive", "leave it out")
        } else if name.hasSuffix("/data.pkl") || name.hasSuffix(".npy") {
            self.init("an archive of numbers (PyTorch, NumPy)", "leave it out")
        } else {
            return nil
        }
    }

    init(_ name: String, _ remedy: String) {
        self.name = name
        self.remedy = remedy
    }

    /// What an error says after the name of the file, or of the archive that it is in.
    func refusal(of path: String) -> String {
        "\(name), which is not read; \(remedy.replacingOccurrences(of: "FILE", with: path))"
    }

    /// Some bytes at some place.
    private struct Kind {
        let offset: Int
        let bytes: [UInt8]
        let content: NonTextContent

        init(_ bytes: String, at offset: Int = 0, _ name: String, _ remedy: String) {
            self.init(Array(bytes.utf8), at: offset, name, remedy)
        }

        init(_ bytes: [UInt8], at offset: Int = 0, _ name: String, _ remedy: String) {
            self.offset = offset
            self.bytes = bytes
            content = NonTextContent(name, remedy)
        }

        func matches(_ first: [UInt8]) -> Bool { first.dropFirst(offset).starts(with: bytes) }
    }

    private static func table(_ format: String) -> String {
        "python3 -c \"import sys, pandas; pandas.read_\(format)(sys.argv[1]).to_json(sys.argv[2], orient='records', "
            + "lines=True, force_ascii=False)\" FILE FILE.jsonl"
    }

    private static let unpack = "unpack it first"
    private static let leaveOut = "leave it out"

    /// As `file` tells them, and the pages of each format.
    private static let kinds: [Kind] = [
        Kind("PAR1", "a Parquet file", table("parquet")),
        Kind("ARROW1", "an Arrow file", table("feather")),
        Kind("FEA1", "a Feather file", table("feather")),
        // A stream of Arrow messages, as Hugging Face datasets keeps on the disk: the first is a schema.
        Kind(
            [0xFF, 0xFF, 0xFF, 0xFF], "an Arrow stream",
            "python3 -c \"import sys, datasets; datasets.Dataset.from_file(sys.argv[1]).to_json(sys.argv[2], "
                + "force_ascii=False)\" FILE FILE.jsonl"),
        Kind("ORC", "an ORC file", table("orc")),
        Kind("Obj\u{1}", "an Avro file", "convert it to JSON lines (avro-tools tojson FILE > FILE.jsonl)"),
        Kind("%PDF-", "a PDF document", "pdftotext FILE FILE.txt"),
        Kind("%!PS", "a PostScript document", "ps2ascii FILE FILE.txt"),
        Kind("{\\rtf", "an RTF document", "pandoc -t plain --wrap=none FILE -o FILE.txt"),
        Kind(
            [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], "an old Office document (doc, xls, ppt)",
            "libreoffice --headless --convert-to txt:Text FILE"),
        Kind("AT&TFORM", "a DjVu document", "djvutxt FILE FILE.txt"),
        Kind("BOOKMOBI", at: 60, "a Mobipocket e-book", "ebook-convert FILE FILE.txt"),
        Kind("SQLite format 3\u{0}", "an SQLite database", "sqlite3 FILE \"select TEXT from TABLE\" > FILE.txt"),
        Kind([0x89] + Array("HDF\r\n".utf8), "an HDF5 file", leaveOut),
        Kind("WARC/", "a web archive", "trafilatura or warc2text make text of it"),
        Kind([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "a 7-Zip archive", "7z x FILE"),
        Kind("Rar!", "a RAR archive", "unrar x FILE"),
        Kind("!<arch>", "an ar archive", "ar x FILE"),
        Kind("070701", "a cpio archive", "cpio -i < FILE"),
        Kind([0x50, 0x4B, 0x05, 0x06], "an empty zip archive", leaveOut),
        Kind([0x5D, 0x00, 0x00], "an lzma file", "xz -dk --format=lzma FILE"),
        // A frame to be skipped, as the parallel zstd writes first.
        Kind([0x50, 0x2A, 0x4D, 0x18], "a zstd file with a table of its own", "zstd -dk FILE"),
        Kind([0x1F, 0x8B], "a gzip file inside of another one", unpack),
        Kind("version https://git-lfs", "a Git LFS pointer and not the file itself", "git lfs pull"),
        Kind([0x89] + Array("PNG".utf8), "a picture", leaveOut),
        Kind([0xFF, 0xD8, 0xFF], "a picture", leaveOut),
        Kind("GIF8", "a picture", leaveOut),
        Kind("RIFF", "sound, film or a picture", leaveOut),
        Kind("OggS", "sound or film", leaveOut),
        Kind("ID3", "sound", leaveOut),
        Kind("fLaC", "sound", leaveOut),
        Kind("ftyp", at: 4, "a film", leaveOut),
        Kind([0x7F] + Array("ELF".utf8), "a program", leaveOut),
        Kind("MZ\u{90}", "a program", leaveOut),
        Kind("ELECTRAD", "a shard of a data set", "text is needed, from which prepare makes such"),
        Kind([0x80, 0x02], "a Python pickle", leaveOut),
        Kind([0x80, 0x03], "a Python pickle", leaveOut),
        Kind([0x80, 0x04, 0x95], "a Python pickle", leaveOut),
        Kind([0x80, 0x05, 0x95], "a Python pickle", leaveOut),
        Kind([0x93] + Array("NUMPY".utf8), "a NumPy array", leaveOut),
        Kind([0xDE, 0x12, 0x04, 0x95], "a message catalogue (gettext)", "msgunfmt FILE > FILE.po"),
    ]
}
