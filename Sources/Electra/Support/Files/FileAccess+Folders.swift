import Foundation
import Glibc

/// Folders: made, listed, and removed with what the program put there.
extension FileAccess {
    /// Makes what a file holds, or the names in a folder, last through a power failure.
    package static func synchronize(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// Makes a folder, and those above it, where they are missing; the last one's name is on the disk then.
    package static func makeFolder(_ path: String) throws(Failure) {
        let above = URL(fileURLWithPath: path).deletingLastPathComponent().path
        if kind(of: above) == .missing { try makeFolder(above) }
        guard mkdir(path, 0o777) == 0 || (errno == EEXIST && kind(of: path) == .folder) else {
            throw .inputOutput("\(path): cannot be created (\(reason)); check the path and its permissions")
        }
        synchronize(above)
    }

    /// A folder that nobody else has made: for files that are to be moved or removed later.
    package static func makeNewFolder(_ path: String) throws(Failure) {
        guard mkdir(path, 0o755) == 0 else {
            guard errno == EEXIST else {
                throw .inputOutput("\(path): cannot be created (\(reason)); \(writingRemedy)")
            }
            let found = kind(of: path, followingLinks: false)
            if found != .folder { throw inTheWay(path, found) }
            throw .inputOutput("\(path): has files that electra-dist did not write; move them elsewhere")
        }
    }

    /// Removes a folder that the program made, if it is one: the files that `isOurs` names, whole or as `write` had them half
    /// done, `first` before all others. What else is in it stays, and the folder with it. Nothing is removed through a link.
    package static func removeFolder(_ path: String, first: String? = nil, where isOurs: (String) -> Bool) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        if let first { unlinkat(descriptor, first, 0) }
        guard let folder = fdopendir(descriptor) else {
            close(descriptor)
            return
        }
        let names = (try? names(in: folder, path)) ?? []
        for name in names {
            let whole = name.hasSuffix(partial) ? String(name.dropLast(partial.count)) : name
            if isOurs(whole) { unlinkat(descriptor, name, 0) }
        }
        closedir(folder)
        rmdir(path)
    }

    /// The names in a folder, sorted by their bytes: the same order on every machine and in every language. None of a
    /// missing folder, if `canBeMissing`.
    package static func names(in path: String, canBeMissing: Bool = false) throws(Failure) -> [String] {
        guard let folder = opendir(path) else {
            if canBeMissing && (errno == ENOENT || errno == ENOTDIR) { return [] }
            throw .inputOutput("\(path): the folder cannot be read (\(reason)); check its permissions")
        }
        defer { closedir(folder) }
        return try names(in: folder, path)
    }

    private static func names(in folder: OpaquePointer, _ path: String) throws(Failure) -> [String] {
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(folder) else {
                guard errno == 0 else { throw .inputOutput("\(path): the folder cannot be read (\(reason))") }
                break
            }
            let (name, isWhole) = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                    (String(cString: $0), String(validatingCString: $0) != nil)
                }
            }
            guard isWhole else { throw .badData("\(path)/\(name): its name is not UTF-8; rename it") }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
