/// One file of a corpus and how to read it.
struct CorpusFile: Sendable, Equatable {
    enum Format: Sendable {
        /// One sentence or paragraph a line; a blank line, and the end of the file, end a document.
        case lines
        /// One document a line: a JSON object with the document in its field "text".
        case jsonLines
    }

    var path: String
    var format: Format
    var compressed: Bool
    /// Its size on the disk.
    var bytes: Int
}

/// Finds the files of a corpus: those named, and in named folders all with a known suffix, in the order of their names.
struct CorpusFiles: Sendable {
    private(set) var files: [CorpusFile] = []
    /// A pipe among them, which can be read once only.
    private(set) var pipe: String?
    /// Files in folders that were passed over for their suffix.
    private var skipped: [String] = []
    /// What else was passed over, and why.
    private var passedOver: [(path: String, reason: String)] = []
    /// Everything that was looked at: links may lead to the same file, or a folder into itself.
    private var seen: Set<FileAccess.Identity> = []

    private var totalBytes = 0

    /// Which part of all `bytes` are; nil where nobody knows how many will come.
    func share(of bytes: Int) -> Double? {
        pipe == nil ? Double(bytes) / Double(max(1, totalBytes)) : nil
    }

    private static let formats: [(suffix: String, format: CorpusFile.Format, compressed: Bool)] = [
        (".txt", .lines, false), (".txt.gz", .lines, true),
        (".jsonl", .jsonLines, false), (".jsonl.gz", .jsonLines, true),
        (".json", .jsonLines, false), (".json.gz", .jsonLines, true),
    ]

    /// Files that are text in no reading of the word: naming one is a mistake worth a message.
    private static let foreign: [String: String] = [
        ".xz": "xz -dk", ".zst": "zstd -dk", ".bz2": "bzip2 -dk", ".zip": "unzip", ".7z": "7z x", ".tar": "tar -xf",
        ".tgz": "tar -xf",
    ]

    /// `own` are passed over: a data set or a vocabulary inside the corpus folder must not become part of the text.
    init(_ paths: [String], except own: [String] = []) throws(Failure) {
        guard !paths.isEmpty else { throw .usage("no corpus given; name text files or folders with --corpus") }
        seen.formUnion(own.compactMap(FileAccess.identity(of:)))
        for path in paths {
            switch FileAccess.kind(of: path) {
            case .missing:
                throw .inputOutput("\(path): cannot be read (\(FileAccess.reason)); check --corpus")
            case .folder:
                let before = files.count
                try addFolder(path)
                if files.count == before && passedOver.isEmpty {
                    throw .badData(
                        "\(path): no text in this folder; "
                            + "files ending in .txt, .jsonl or .json (also with .gz) are read, anything else is passed over"
                    )
                }
            case .file: try addNamed(path)
            case .other:
                pipe = path
                try addNamed(path)
            }
        }
        guard !files.isEmpty else {
            throw .badData(
                "\(paths[0]): no text to read (\(notes[0].dropFirst("note: ".count))); name text files with --corpus")
        }
        totalBytes = files.reduce(0) { $0 + $1.bytes }
    }

    /// What was passed over, for people to know.
    var notes: [String] {
        var notes = passedOver.map { "note: passed over \($0.path), \($0.reason)" }
        if !skipped.isEmpty {
            notes.append(
                "note: passed over \(counted(skipped.count, "file")) with another suffix "
                    + "than .txt, .jsonl, .json (or these with .gz), the first: \(skipped[0])")
        }
        return notes
    }

    /// False for what was there before.
    private mutating func isNew(_ path: String) -> Bool {
        guard let identity = FileAccess.identity(of: path), !seen.insert(identity).inserted else { return true }
        passedOver.append((path, "which this command reads or writes already"))
        return false
    }

    private mutating func addNamed(_ path: String) throws(Failure) {
        if let unpack = Self.foreign.first(where: { path.hasSuffix($0.key) }) {
            throw .usage(
                "\(path): \(unpack.key) files are not read; unpack it first (\(unpack.value)), or compress with gzip")
        }
        guard isNew(path) else { return }
        let known = Self.known(path)
        add(path, known?.format ?? .lines, compressed: known?.compressed ?? path.hasSuffix(".gz"))
    }

    private mutating func add(_ path: String, _ format: CorpusFile.Format, compressed: Bool) {
        files.append(
            CorpusFile(path: path, format: format, compressed: compressed, bytes: FileAccess.size(of: path)))
    }

    private static func known(_ path: String) -> (format: CorpusFile.Format, compressed: Bool)? {
        formats.first { path.hasSuffix($0.suffix) }.map { ($0.format, $0.compressed) }
    }

    private mutating func addFolder(_ folder: String) throws(Failure) {
        guard isNew(folder) else { return }
        // A data set's own vocab.txt and manifest.json are no corpus either. Others may call a file manifest.json too.
        if Manifest.isOurs(folder + "/" + Manifest.fileName) {
            passedOver.append((folder, "which is a data set and no corpus"))
            return
        }
        for name in try FileAccess.names(in: folder) where !name.hasPrefix(".") {
            let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
            switch FileAccess.kind(of: path) {
            case .folder: try addFolder(path)
            case .file:
                guard let known = Self.known(path) else {
                    skipped.append(path)
                    continue
                }
                if isNew(path) { add(path, known.format, compressed: known.compressed) }
            case .other: passedOver.append((path, "which is no file"))
            case .missing: passedOver.append((path, "a link to nothing"))
            }
        }
    }
}
