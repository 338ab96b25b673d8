import Foundation
import Glibc

/// Reading and writing files by system calls, every failure with the path, the system's reason and a remedy.
package enum FileAccess {
    /// "No such file or directory" and the like, for the last system call that failed.
    package static var reason: String { String(cString: strerror(errno)) }

    /// A whole (small) file of at most `limit` bytes, which can be compared as text. What waits for somebody, as a pipe does, or
    /// has no end, as devices, is refused, unless the user named it and may mean it.
    package static func contents(
        of path: String, remedy: String, limit: Int = 1 << 28, mayBePipe: Bool = false
    ) throws(Failure) -> [UInt8] {
        let bytes = try allBytes(of: path, remedy: remedy, limit: limit, mayBePipe: mayBePipe)
        try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in
            try StackedMarks.check(bytes, path: path, remedy: remedy)
        }
        return bytes
    }

    private static func allBytes(
        of path: String, remedy: String, limit: Int, mayBePipe: Bool
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
    package static func write(_ parts: [UnsafeRawBufferPointer], to path: String) throws(Failure) {
        let temporary = path + partial
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
    package static func create(_ path: String) throws(Failure) -> Int32 {
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
    package static func checkIsPlain(_ path: String) throws(Failure) {
        let found = kind(of: path, followingLinks: false)
        if found != .file { throw inTheWay(path, found) }
    }

    static func inTheWay(_ path: String, _ kind: Kind) -> Failure {
        .inputOutput("\(path): \(kind.words) is in the way of what is to be written there; move it elsewhere")
    }

    /// Opens a file that other commands write, too, and makes it where it is missing; never through a link, and nothing else.
    package static func openOwn(_ path: String, _ flags: Int32) throws(Failure) -> Int32 {
        let descriptor = open(path, flags | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            let reason = reason
            let found = kind(of: path, followingLinks: false)
            if found != .missing && found != .file { throw inTheWay(path, found) }
            throw .inputOutput("\(path): cannot be written (\(reason)); \(writingRemedy)")
        }
        do throws(Failure) {
            try checkIsFile(descriptor, path, remedy: "move it elsewhere")
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Adds a line to a log.
    package static func append(line: String, to path: String) throws(Failure) {
        let descriptor = try openOwn(path, O_WRONLY | O_APPEND)
        defer { close(descriptor) }
        try Array(line.utf8).withUnsafeBufferPointer { (bytes) throws(Failure) in
            try append(UnsafeRawBufferPointer(bytes), to: descriptor, path: path)
        }
    }

    /// What the name of a file ends with while it is written.
    package static let partial = ".partial"
    static let writingRemedy = "check free space and permissions"

    /// All of `bytes`, where the descriptor stands.
    package static func append(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws(Failure) {
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
    package static func synchronize(_ descriptor: Int32, path: String) throws(Failure) {
        guard fsync(descriptor) == 0 else {
            throw .inputOutput("\(path): cannot be written (\(reason)); \(writingRemedy)")
        }
    }

    package static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in
            try write([UnsafeRawBufferPointer(bytes)], to: path)
        }
    }

    package static func rename(_ old: String, to new: String) throws(Failure) {
        guard Glibc.rename(old, new) == 0 else {
            throw .inputOutput("\(new): cannot be put in place (\(reason)); check free space and permissions")
        }
    }
}
