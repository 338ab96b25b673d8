import Foundation
import Glibc

/// Reading and writing files by system calls, every failure with the path, the system's reason and a remedy.
enum FileAccess {
    /// "No such file or directory" and the like, for the last system call that failed.
    static var reason: String { String(cString: strerror(errno)) }

    /// A whole (small) file.
    static func contents(of path: String, remedy: String) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .inputOutput("\(path): cannot be read (\(reason)); \(remedy)") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .inputOutput("\(path): reading failed (\(reason)); \(remedy)") }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    /// Writes a file so that it exists whole or not at all: under a temporary name, flushed to the disk, then renamed.
    static func write(_ parts: [UnsafeRawBufferPointer], to path: String) throws(Failure) {
        let temporary = path + ".partial"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw .inputOutput("\(temporary): cannot be created (\(reason)); \(writingRemedy)")
        }
        do throws(Failure) {
            for part in parts { try append(part, to: descriptor, path: path) }
            try synchronize(descriptor, path: path)
        } catch {
            close(descriptor)
            unlink(temporary)
            throw error
        }
        close(descriptor)
        try rename(temporary, to: path)
    }

    private static let writingRemedy = "check free space and permissions"

    /// All of `bytes`, where the descriptor stands.
    static func append(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = Glibc.write(descriptor, part.baseAddress, part.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .inputOutput("\(path): cannot be written (\(reason)); \(writingRemedy)") }
            rest = rest.dropFirst(count)
        }
    }

    /// Until it is on the disk.
    static func synchronize(_ descriptor: Int32, path: String) throws(Failure) {
        guard fsync(descriptor) == 0 else {
            throw .inputOutput("\(path): cannot be written (\(reason)); \(writingRemedy)")
        }
    }

    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in
            try write([UnsafeRawBufferPointer(bytes)], to: path)
        }
    }

    static func rename(_ old: String, to new: String) throws(Failure) {
        guard Glibc.rename(old, new) == 0 else {
            throw .inputOutput("\(new): cannot be put in place (\(reason)); check free space and permissions")
        }
    }

    /// Makes what a file holds, or the names in a folder, last through a power failure.
    static func synchronize(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// Makes a folder, and those above it, where they are missing; the last one's name is on the disk then.
    static func makeFolder(_ path: String) throws(Failure) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw .inputOutput("\(path): cannot be created (\(reason)); check the path and its permissions")
        }
        synchronize(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    }

    /// `other`: a pipe or a device, which can be read once only and may have no end.
    enum Kind { case missing, file, folder, other }

    static func kind(of path: String) -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else { return .missing }
        return switch status.st_mode & S_IFMT {
        case S_IFDIR: .folder
        case S_IFREG: .file
        default: .other
        }
    }

    /// The same for all names and links of a file or folder.
    struct Identity: Hashable {
        let device: UInt
        let number: UInt
    }

    /// Nil for what is missing.
    static func identity(of path: String) -> Identity? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Identity(device: UInt(status.st_dev), number: UInt(status.st_ino))
    }

    static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// The names in a folder, sorted by their bytes: the same order on every machine and in every language. None of a
    /// missing folder, if `canBeMissing`.
    static func names(in path: String, canBeMissing: Bool = false) throws(Failure) -> [String] {
        guard let folder = opendir(path) else {
            if canBeMissing && (errno == ENOENT || errno == ENOTDIR) { return [] }
            throw .inputOutput("\(path): the folder cannot be read (\(reason)); check its permissions")
        }
        defer { closedir(folder) }
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
