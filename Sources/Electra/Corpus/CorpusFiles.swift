import Glibc

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
    /// Files in folders that were passed over for their suffix.
    private(set) var skipped: [String] = []
    /// Folders that were passed over for what `prepare` wrote there.
    private(set) var skippedDataSets: [String] = []

    var bytes: Int { files.reduce(0) { $0 + $1.bytes } }

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

    /// `output` is passed over: a data set inside the corpus folder must not become part of the next one.
    init(_ paths: [String], except output: String) throws(Failure) {
        guard !paths.isEmpty else { throw .usage("no corpus given; name text files or folders with --corpus") }
        let excluded = Self.resolved(output)
        for path in paths {
            switch FileAccess.kind(of: path) {
            case .missing:
                throw .inputOutput("\(path): no such file or folder; check --corpus")
            case .folder:
                let before = files.count
                try addFolder(path, except: excluded)
                if files.count == before {
                    throw .badData(
                        "\(path): no text in this folder; "
                            + "files ending in .txt, .jsonl or .json (also with .gz) are read, anything else is passed over"
                    )
                }
            case .file:
                try addNamed(path)
            }
        }
    }

    private mutating func addNamed(_ path: String) throws(Failure) {
        if let unpack = Self.foreign.first(where: { path.hasSuffix($0.key) }) {
            throw .usage(
                "\(path): \(unpack.key) files are not read; unpack it first (\(unpack.value)), or compress with gzip")
        }
        if !addKnown(path) {
            files.append(
                CorpusFile(
                    path: path, format: .lines, compressed: path.hasSuffix(".gz"), bytes: FileAccess.size(of: path)))
        }
    }

    private mutating func addKnown(_ path: String) -> Bool {
        guard let known = Self.formats.first(where: { path.hasSuffix($0.suffix) }) else { return false }
        files.append(
            CorpusFile(
                path: path, format: known.format, compressed: known.compressed, bytes: FileAccess.size(of: path)))
        return true
    }

    private mutating func addFolder(_ folder: String, except excluded: String?) throws(Failure) {
        // A data set's own vocab.txt and manifest.json are no corpus either. Others may call a file manifest.json too.
        if let excluded, Self.resolved(folder) == excluded { return }
        if Manifest.isOurs(folder + "/" + Manifest.fileName) {
            skippedDataSets.append(folder)
            return
        }
        for name in try FileAccess.names(in: folder) where !name.hasPrefix(".") {
            let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
            switch FileAccess.kind(of: path) {
            case .folder: try addFolder(path, except: excluded)
            case .file: if !addKnown(path) { skipped.append(path) }
            case .missing: skipped.append(path)
            }
        }
    }

    private static func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}
