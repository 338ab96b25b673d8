import ElectraSupport
import Glibc

/// The folder that `prepare` writes, new or in the place of an older data set.
///
/// Everything is written to a sub-folder first, so an older data set stays whole until the new one is; then the files move
/// up, the manifest last. A folder without manifest is no data set, so whatever interrupts this leaves the old data set,
/// the new one, or none; never a mixture.
struct DataFolder {
    let path: String
    /// Where the new files are written.
    var workPath: String { path + "/" + Self.workName }

    private static let workName = ".preparing"
    /// The folders that were made for it: itself first, then those above.
    private let made: [String]
    private let lock: FileLock

    /// Refuses a folder that has anything in it that `prepare` did not write, save for the vocabulary that it reads.
    init(_ path: String, vocabulary: String? = nil) throws(Failure) {
        self.path = path
        switch FileAccess.kind(of: path) {
        case .file, .other:
            throw .usage("\(path): a folder is expected for --output, and this is a file; name another")
        case .missing:
            made = try Self.makeFolders(path)
        case .folder:
            made = []
            if let foreign = try Self.foreign(in: path, except: vocabulary) {
                throw .usage(
                    "\(path): this folder has other files than a data set's (\(foreign)); "
                        + "name a new or empty folder, or a data set to replace")
            }
        }
        lock = FileLock(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        guard lock.isOurs else {
            throw .usage("\(path): another process writes there; wait for it, or name another --output")
        }
        discardWork()
        try FileAccess.makeNewFolder(workPath)
    }

    /// A vocabulary alone, or with a manifest of another kind, is somebody's.
    private static func foreign(in path: String, except vocabulary: String?) throws(Failure) -> String? {
        let names = try FileAccess.names(in: path)
        let isDataSet =
            names.contains { $0 == workName || isShard($0) } || Manifest.isOurs("\(path)/\(Manifest.fileName)")
        return names.first { name in
            switch name {
            case Manifest.fileName: !isDataSet
            case Manifest.vocabularyFileName:
                !isDataSet && vocabulary.flatMap(FileAccess.identity) != FileAccess.identity(of: "\(path)/\(name)")
            default: name != workName && !isShard(name)
            }
        }
    }

    private static func isShard(_ name: String) -> Bool {
        Manifest.Split.allCases.contains { split in
            name.hasPrefix(split.rawValue + "-") && name.hasSuffix(".shard")
        }
    }

    /// mkdir -p. Returns what was made, the innermost first.
    private static func makeFolders(_ path: String) throws(Failure) -> [String] {
        let parent = path.split(separator: "/", omittingEmptySubsequences: true).dropLast().joined(separator: "/")
        let parentPath = path.hasPrefix("/") ? "/" + parent : parent
        let isMissing = !parent.isEmpty && FileAccess.kind(of: parentPath) == .missing
        let above = isMissing ? try makeFolders(parentPath) : []
        guard mkdir(path, 0o777) == 0 else {
            throw .inputOutput("\(path): cannot be created (\(FileAccess.reason)); check --output")
        }
        return [path] + above
    }

    /// Replaces what is there by the new files.
    func putInPlace(_ manifest: Manifest) throws(Failure) {
        FileAccess.synchronize(workPath)
        let fresh = try FileAccess.names(in: workPath)
        unlink(path + "/" + Manifest.fileName)
        FileAccess.synchronize(path)
        for name in try FileAccess.names(in: path) where Self.isShard(name) && !fresh.contains(name) {
            unlink(path + "/" + name)
        }
        for name in fresh { try FileAccess.rename(workPath + "/" + name, to: path + "/" + name) }
        try FileAccess.write(manifest.encoded, to: workPath + "/" + Manifest.fileName)
        FileAccess.synchronize(path)
        try FileAccess.rename(workPath + "/" + Manifest.fileName, to: path + "/" + Manifest.fileName)
        FileAccess.synchronize(path)
        discardWork()
    }

    /// After a failure: leaves the folder as it was.
    func discard() {
        discardWork()
        for folder in made { rmdir(folder) }
    }

    private func discardWork() {
        FileAccess.removeFolder(workPath) { name in
            Self.isShard(name) || [Manifest.fileName, Manifest.vocabularyFileName].contains(name)
        }
    }
}
