import Foundation
import Glibc

/// Reading and writing files by system calls, every failure with the path, the system's reason and a remedy.
enum FileAccess {
    /// "No such file or directory" and the like, for the last system call that failed.
    static var reason: String { String(cString: strerror(errno)) }

    /// A whole (small) file of at most `limit` bytes. What waits for somebody, as a pipe does, or has no end, as devices, is
    /// refused, unless the user named it and may mean it.
    static func contents(
        of path: String, remedy: String, limit: Int = 1 << 28, mayBePipe: Bool = false
    ) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | (mayBePipe ? 0 : O_NONBLOCK))
        guard descriptor >= 0 else { throw .inputOutput("\(path): cannot be read (\(reason)); \(remedy)") }
        defer { close(descriptor) }
        if !mayBePipe { try checkIsFile(descriptor, path, remedy: remedy) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .inputOutput("\(path): reading failed (\(reason)); \(remedy)") }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else {
                throw .badData("\(path): expected at most \(limit) bytes, found more; \(remedy)")
            }
        }
    }

    /// Refuses what is open under `path` and is no plain file.
    static func checkIsFile(_ descriptor: Int32, _ path: String, remedy: String) throws(Failure) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .inputOutput("\(path): cannot be read (\(reason)); \(remedy)")
        }
        let kind = kind(status)
        guard kind == .file else { throw .inputOutput("\(path): expected a file, found \(kind.words); \(remedy)") }
    }

    /// Writes a file so that it exists whole or not at all: under a temporary name, flushed to the disk, then renamed.
    static func write(_ parts: [UnsafeRawBufferPointer], to path: String) throws(Failure) {
        let temporary = path + ".partial"
        let descriptor = try create(temporary)
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

    /// A new file, open for writing. A plain file of that name is what a write of before left, and goes; a link is never
    /// followed, for what it leads to is somebody's.
    static func create(_ path: String) throws(Failure) -> Int32 {
        switch kind(of: path, followingLinks: false) {
        case .missing: break
        case .file: unlink(path)
        case let found: throw inTheWay(path, found)
        }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .inputOutput("\(path): cannot be created (\(reason)); \(writingRemedy)") }
        return descriptor
    }

    /// Refuses a link, or what else is no file, where one of the program's own is expected.
    static func checkIsPlain(_ path: String) throws(Failure) {
        let found = kind(of: path, followingLinks: false)
        if found != .file { throw inTheWay(path, found) }
    }

    private static func inTheWay(_ path: String, _ kind: Kind) -> Failure {
        .inputOutput("\(path): \(kind.words) is in the way of what is to be written there; remove it")
    }

    /// Opens a file that other commands write, too, and makes it where it is missing; never through a link, and nothing else.
    static func openOwn(_ path: String, _ flags: Int32) throws(Failure) -> Int32 {
        let descriptor = open(path, flags | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            let found = kind(of: path, followingLinks: false)
            if found != .missing && found != .file { throw inTheWay(path, found) }
            throw .inputOutput("\(path): cannot be written (\(reason)); \(writingRemedy)")
        }
        do throws(Failure) {
            try checkIsFile(descriptor, path, remedy: "remove it")
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Adds a line to a log.
    static func append(line: String, to path: String) throws(Failure) {
        let descriptor = try openOwn(path, O_WRONLY | O_APPEND)
        defer { close(descriptor) }
        try Array(line.utf8).withUnsafeBufferPointer { (bytes) throws(Failure) in
            try append(UnsafeRawBufferPointer(bytes), to: descriptor, path: path)
        }
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
        let above = URL(fileURLWithPath: path).deletingLastPathComponent().path
        if kind(of: above) == .missing { try makeFolder(above) }
        guard mkdir(path, 0o777) == 0 || (errno == EEXIST && kind(of: path) == .folder) else {
            throw .inputOutput("\(path): cannot be created (\(reason)); check the path and its permissions")
        }
        synchronize(above)
    }

    /// A folder that nobody else has made: for files that are to be moved or removed later.
    static func makeNewFolder(_ path: String) throws(Failure) {
        guard mkdir(path, 0o755) == 0 else {
            let found = kind(of: path, followingLinks: false)
            if errno == EEXIST && found != .folder { throw inTheWay(path, found) }
            throw errno == EEXIST
                ? .inputOutput("\(path): has files that electra-dist did not write; move them elsewhere")
                : .inputOutput("\(path): cannot be created (\(reason)); \(writingRemedy)")
        }
    }

    /// Removes a folder that the program made, if it is one: the files that `isOurs` names, `first` before all others. What
    /// else is in it stays, and the folder with it. Nothing is removed through a link.
    static func removeFolder(_ path: String, first: String? = nil, where isOurs: (String) -> Bool) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        if let first { unlinkat(descriptor, first, 0) }
        guard let folder = fdopendir(descriptor) else {
            close(descriptor)
            return
        }
        let names = (try? names(in: folder, path)) ?? []
        for name in names where isOurs(name) { unlinkat(descriptor, name, 0) }
        closedir(folder)
        rmdir(path)
    }

    /// `other`: a pipe or a device, which can be read once only and may have no end; and a link where links are not followed.
    enum Kind {
        case missing, file, folder, other

        var words: String {
            switch self {
            case .missing: "nothing"
            case .file: "a file"
            case .folder: "a folder"
            case .other: "a link, a pipe or a device"
            }
        }
    }

    static func kind(of path: String, followingLinks: Bool = true) -> Kind {
        var status = stat()
        guard (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return .missing }
        return kind(status)
    }

    private static func kind(_ status: stat) -> Kind {
        switch status.st_mode & S_IFMT {
        case S_IFDIR: .folder
        case S_IFREG: .file
        default: .other
        }
    }

    /// Whether a name that was read from a file stays in the file's folder. Bytes are compared: a combining mark behind a
    /// slash makes another character of it for Swift, and none for the system.
    static func isPlainName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
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
