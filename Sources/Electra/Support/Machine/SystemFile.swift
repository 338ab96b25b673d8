import Glibc

/// The small text files in which Linux tells about itself.
package enum SystemFile {
    /// Empty where there is none.
    package static func text(_ path: String, limit: Int = 1 << 16) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            while count < limit {
                let more = Glibc.read(file, buffer.baseAddress! + count, limit - count)
                if more <= 0 { break }
                count += more
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
