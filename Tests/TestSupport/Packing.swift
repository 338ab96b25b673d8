import CArchive
import ElectraCorpus
import Foundation

/// What packs a file of text.
package enum Packing: String, CaseIterable {
    case gzip, bzip2, xz, zstd, lz4, lzip, compress

    /// The usual suffix.
    package var suffix: String {
        switch self {
        case .gzip: "gz"
        case .bzip2: "bz2"
        case .zstd: "zst"
        case .lzip: "lz"
        case .compress: "Z"
        case .xz, .lz4: rawValue
        }
    }
}

/// A packed file, as libarchive writes it.
package func packed(_ bytes: [UInt8], _ packing: Packing?) -> [UInt8] { archive([("", bytes)], format: "raw", packing) }

/// An archive of files, packed as a whole; of the formats that libarchive knows by name: "pax", "ustar", "zip".
package func archive(_ entries: [(name: String, bytes: [UInt8])], format: String, _ packing: Packing? = nil) -> [UInt8]
{
    let writer = archive_write_new()
    defer { archive_write_free(writer) }
    archive_write_set_format_by_name(writer, format)
    if let packing { archive_write_add_filter_by_name(writer, packing.rawValue) }
    archive_write_set_bytes_per_block(writer, 0)
    let size = entries.reduce(0) { $0 + 2 * $1.bytes.count + 4096 } + 65_536
    var output = [UInt8](repeating: 0, count: size)
    var used = 0
    output.withUnsafeMutableBytes { output in
        archive_write_open_memory(writer, output.baseAddress, size, &used)
        for (name, bytes) in entries {
            let entry = archive_entry_new()
            defer { archive_entry_free(entry) }
            archive_entry_set_pathname(entry, name.isEmpty ? "text" : name)
            archive_entry_set_filetype(entry, name.hasSuffix("/") ? 0o040000 : 0o100000)
            archive_entry_set_perm(entry, 0o644)
            archive_entry_set_size(entry, Int64(bytes.count))
            archive_write_header(writer, entry)
            _ = bytes.withUnsafeBytes { archive_write_data(writer, $0.baseAddress, $0.count) }
        }
        archive_write_close(writer)
    }
    return Array(output[..<used])
}

/// A text in another encoding.
package func encoded(_ text: String, _ encoding: String) -> [UInt8] {
    guard let bytes = TextEncoding.converted(Array(text.utf8), from: "UTF-8", to: encoding) else {
        preconditionFailure("\(encoding) cannot hold this text")
    }
    return bytes
}
