package import Glibc

/// What a path leads to.
extension FileAccess {
    /// `other`: a pipe or a device, which can be read once only and may have no end; and a link where links are not followed.
    package enum Kind {
        case missing, file, folder, other

        package var words: String {
            switch self {
            case .missing: "nothing"
            case .file: "a file"
            case .folder: "a folder"
            case .other: "a link, a pipe or a device"
            }
        }
    }

    package static func kind(of path: String, followingLinks: Bool = true) -> Kind {
        var status = stat()
        guard (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return .missing }
        return kind(status)
    }

    package static func kind(_ status: stat) -> Kind {
        switch status.st_mode & S_IFMT {
        case S_IFDIR: .folder
        case S_IFREG: .file
        default: .other
        }
    }

    /// Whether a name that was read from a file stays in the file's folder. Bytes are compared: a combining mark behind a
    /// slash makes another character of it for Swift, and none for the system.
    package static func isPlainName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }

    /// The same for all names and links of a file or folder.
    package struct Identity: Hashable {
        package let device: UInt
        package let number: UInt
    }

    /// Nil for what is missing.
    package static func identity(of path: String) -> Identity? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Identity(device: UInt(status.st_dev), number: UInt(status.st_ino))
    }

    package static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
