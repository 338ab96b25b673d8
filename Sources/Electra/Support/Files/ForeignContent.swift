/// What a file is that is not what it was taken for: what hubs, browsers, proxies and other programs leave in the place
/// of a model's files, told from the first bytes.
package struct ForeignContent: Equatable {
    /// To follow "found".
    package let name: String
    package let remedy: String

    /// As many bytes as are looked at.
    static let headLength = 1024

    private init(_ name: String, _ remedy: String) {
        self.name = name
        self.remedy = remedy
    }

    /// nil where the first bytes of a file, up to `headLength`, say nothing of the kind.
    package init?(_ start: some Collection<UInt8>) {
        let head = Array(start.prefix(Self.headLength))
        if let known = Self.signatures.first(where: { head.starts(with: $0.start) }) {
            self.init(known.name, known.remedy)
        } else if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            // PyTorch's own archive has its pickle first.
            let isPyTorch = head.prefix(128).firstRange(of: Array("data.pkl".utf8)) != nil
            self.init(isPyTorch ? "PyTorch's own archive" : "a zip archive", isPyTorch ? Self.convert : Self.unpack)
        } else if Self.isPickle(head) {
            self.init("a Python pickle, PyTorch's own format", Self.convert)
        } else if Self.isSentencePiece(head) {
            self.init(
                "a SentencePiece model",
                "ELECTRA needs WordPieces: learn them from text with electra-dist vocabulary")
        } else if let page = Self.page(head) {
            self.init(page, "fetch the file itself, not the page that shows it")
        } else if let answer = Self.answer(head) {
            self.init("the answer of a server, “\(answer)”", "check the address and the permission, and fetch it again")
        } else {
            return nil
        }
    }

    package func failure(_ path: String, expected: String) -> Failure {
        .badData("\(path): expected \(expected), found \(name); \(remedy)")
    }

    private static let unpack = "unpack it first"
    private static let convert =
        "it runs code when read, so convert it once, with torch.load and safetensors.torch.save_file"
    private static let binary: [(start: [UInt8], name: String, remedy: String)] = [
        ([0x1F, 0x8B], "a gzip file", unpack), ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "an xz file", unpack),
        ([0x28, 0xB5, 0x2F, 0xFD], "a zstd file", unpack), ([0x37, 0x7A, 0xBC, 0xAF], "a 7z archive", unpack),
        ([0x04, 0x22, 0x4D, 0x18], "an lz4 file", unpack),
        ([0xFF, 0xFE], "UTF-16", "convert it with iconv -f UTF-16 -t UTF-8"),
        ([0xFE, 0xFF], "UTF-16", "convert it with iconv -f UTF-16 -t UTF-8"),
        (
            [0x89] + Array("HDF\r\n".utf8), "weights of TensorFlow (HDF5)",
            "convert them once with transformers 4: from_pretrained(..., from_tf=True), then save_pretrained"
        ),
    ]
    private static let textual = [
        (
            "version https://git-lfs.github.com/", "a Git LFS pointer, not the file that it stands for",
            "run git lfs pull in its folder, or fetch the file itself"
        ),
        ("BZh", "a bzip2 file", unpack),
        ("GGUF", "weights of llama.cpp (GGUF)", "name the folder that they were made from"),
        ("\u{93}NUMPY", "a NumPy array", "name a model's own file"),
        ("%PDF-", "a PDF", "name a model's own file"),
    ]
    private static let signatures =
        binary + textual.map { (start: $0.0.unicodeScalars.map { UInt8($0.value) }, name: $0.1, remedy: $0.2) }

    /// PROTO, a version, and what pickled dictionaries and numbers begin with; a text does not begin with 0x80.
    private static func isPickle(_ head: [UInt8]) -> Bool {
        head.count > 2 && head[0] == 0x80 && (2...5).contains(head[1])
    }

    /// A protocol buffer: a piece, in it a text and a number.
    private static func isSentencePiece(_ head: [UInt8]) -> Bool {
        guard head.count > 4, head[0] == 0x0A, head[2] == 0x0A else { return false }
        let end = 4 + Int(head[3])
        return head[3] > 0 && head.count > end && Int(head[1]) >= Int(head[3]) + 2 && head[end] == 0x15
    }

    private static func page(_ head: [UInt8]) -> String? {
        let text = String(decoding: head, as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{FEFF}" }.lowercased()
        if ["<!doctype html", "<html", "<head", "<body", "<!--"].contains(where: text.hasPrefix) {
            return "an HTML page"
        }
        return text.hasPrefix("<?xml") || text.hasPrefix("<error>") ? "an XML page" : nil
    }

    /// One line, such as a hub's "Entry not found".
    private static func answer(_ head: [UInt8]) -> String? {
        guard head.count < 400 else { return nil }
        let lines = String(decoding: head, as: UTF8.self).split(whereSeparator: \.isNewline)
        guard let line = lines.first, lines.count == 1 else { return nil }
        let words = [
            "not found", "access to", "unauthorized", "forbidden", "invalid username", "invalid credentials",
            "too many requests", "rate limit", "bad gateway", "service unavailable",
        ]
        return words.contains(where: line.lowercased().contains) ? String(line.prefix(100)) : nil
    }
}
