import ElectraSupport

/// One file of a corpus.
struct CorpusFile: Sendable, Equatable {
    var path: String
    /// Its size on the disk.
    var bytes: Int
}

/// Finds the files of a corpus: those named, and in named folders all that call themselves text, in the order of their
/// names. Each is looked into, so that what cannot be read is refused before hours of work and not after.
package struct CorpusFiles: Sendable {
    private(set) var files: [CorpusFile] = []
    let options: ReadingOptions
    /// A pipe among them, which can be read once only.
    private(set) var pipe: String?
    /// Files in folders that were passed over for their suffix.
    private var skipped: [String] = []
    /// Files in folders that are read without one.
    private var silent: [String] = []
    /// Of kinds that hold no text as it is, with the first of each.
    private var foreign: [(kind: NonTextContent, first: String, count: Int)] = []
    /// What else was passed over, and why.
    private var passedOver: [(path: String, reason: String)] = []
    /// Everything that was looked at: links may lead to the same file, or a folder into itself.
    private var seen: Set<FileAccess.Identity> = []

    private var totalBytes = 0

    /// Which part of all `bytes` are; nil where nobody knows how many will come.
    func share(of bytes: Int) -> Double? {
        pipe == nil ? Double(bytes) / Double(max(1, totalBytes)) : nil
    }

    /// `own` are passed over: a data set or a vocabulary inside the corpus folder must not become part of the text.
    init(_ paths: [String], except own: [String] = [], options: ReadingOptions = ReadingOptions()) throws(Failure) {
        self.options = options
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
                    let found = foreign.first.map { "; \($0.first) is \($0.kind.refusal(of: $0.first))" } ?? ""
                    throw .badData(
                        "\(path): no text in this folder; files with the suffix \(CorpusName.suffixes), are read, "
                            + "anything else is passed over\(found)")
                }
            case .file:
                guard isNew(path) else { continue }
                try check(path)
                add(path)
            case .other:
                pipe = path
                if isNew(path) { add(path) }
            }
        }
        guard !files.isEmpty else {
            throw .badData(
                "\(paths[0]): no text to read (\(notes[0].dropFirst("note: ".count))); name text files with --corpus")
        }
        // For progress only: sparse files may claim anything.
        totalBytes = files.reduce(0) { $0 &+ $1.bytes }
    }

    /// What was passed over, and what was read though it does not call itself text, for people to know.
    var notes: [String] {
        var notes = passedOver.map { "note: passed over \($0.path), \($0.reason)" }
        for (kind, first, count) in foreign {
            notes.append("note: passed over \(counted(count, "file")), the first \(first): \(kind.refusal(of: first))")
        }
        if !skipped.isEmpty {
            notes.append(
                "note: passed over \(counted(skipped.count, "file")) with another suffix than \(CorpusName.suffixes), "
                    + "the first: \(skipped[0]); a file that --corpus names itself is read")
        }
        if !silent.isEmpty {
            notes.append("note: \(counted(silent.count, "file")) without a suffix are read, the first: \(silent[0])")
        }
        return notes
    }

    /// False for what was there before.
    private mutating func isNew(_ path: String) -> Bool {
        guard let identity = FileAccess.identity(of: path), !seen.insert(identity).inserted else { return true }
        passedOver.append((path, "which this command reads or writes already"))
        return false
    }

    private mutating func add(_ path: String) {
        files.append(CorpusFile(path: path, bytes: FileAccess.size(of: path)))
    }

    /// Refuses a file whose first text is none.
    private func check(_ path: String) throws(Failure) {
        guard let part = try CorpusSource(path).nextPart() else { return }
        _ = try part.format(insisting: options.format)
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
            case .file: try addFound(path)
            case .other: passedOver.append((path, "which is no file"))
            case .missing: passedOver.append((path, "a link to nothing"))
            }
        }
    }

    /// A file of a folder, which nobody named.
    private mutating func addFound(_ path: String) throws(Failure) {
        let name = CorpusName(path)
        if name.isText {
            guard isNew(path) else { return }
            try check(path)
            add(path)
            return
        }
        if let kind = try NonTextContent(CorpusSource.firstBytes(of: path)) {
            if let index = foreign.firstIndex(where: { $0.kind == kind }) {
                foreign[index].count += 1
            } else {
                foreign.append((kind, path, 1))
            }
        } else if name.isSilent {
            guard isNew(path) else { return }
            do throws(Failure) {
                try check(path)
                add(path)
                silent.append(path)
            } catch {
                passedOver.append((path, "which has no suffix and does not look like text: \(error.description)"))
            }
        } else {
            skipped.append(path)
        }
    }
}
