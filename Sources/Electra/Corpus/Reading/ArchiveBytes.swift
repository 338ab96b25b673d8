import CArchive
import ElectraSupport
import Glibc

/// The entries of a tar or zip archive, or the one text in a file that bzip2, xz, zstd, lz4, lzip or compress packed; read by
/// libarchive, from first to last.
final class ArchiveBytes: ByteStream {
    private let path: String
    private let input: ArchiveInput
    private let archive: OpaquePointer
    /// The text of the only packed file, and no entry of an archive.
    private(set) var isSingle = false

    /// What packed the bytes at the start of a file, in one word; nil where they are nothing that is unpacked here.
    static func packing(of first: [UInt8]) -> String? {
        let signatures: [(name: String, bytes: [UInt8])] = [
            ("bzip2", Array("BZh".utf8)), ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
            ("zstd", [0x28, 0xB5, 0x2F, 0xFD]), ("lz4", [0x04, 0x22, 0x4D, 0x18]), ("lz4", [0x02, 0x21, 0x4C, 0x18]),
            ("lzip", Array("LZIP".utf8)), ("compress", [0x1F, 0x9D]), ("zip", [0x50, 0x4B, 0x03, 0x04]),
        ]
        if let found = signatures.first(where: { first.starts(with: $0.bytes) }) {
            // A text may begin with these three letters; the magic number of a block tells.
            if found.name == "bzip2" {
                let block = first.dropFirst(4).prefix(6)
                let isBlock = [[0x31, 0x41, 0x59, 0x26, 0x53, 0x59], [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]].contains {
                    block.elementsEqual($0)
                }
                return isBlock ? found.name : nil
            }
            return found.name
        }
        return isTar(first) ? "tar" : nil
    }

    /// The header's checksum: the sum of its bytes, in octal digits, with the field of the checksum taken as spaces (POSIX,
    /// pax interchange format).
    private static func isTar(_ first: [UInt8]) -> Bool {
        guard first.count >= 512, first[0] != 0 else { return false }
        let digits = first[148..<156].drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
        guard !digits.isEmpty else { return false }
        let checksum = digits.reduce(0) { 8 * $0 + Int($1 - 0x30) }
        return checksum == first[..<512].enumerated().reduce(0) { $0 + ((148..<156).contains($1.0) ? 0x20 : Int($1.1)) }
    }

    init(_ packed: any ByteStream, path: String) throws(Failure) {
        self.path = path
        input = ArchiveInput(packed)
        guard let archive = archive_read_new() else { throw .software("\(path): libarchive does not start") }
        self.archive = archive
        // Not "all", some of which start other programs.
        for support in [
            archive_read_support_filter_bzip2, archive_read_support_filter_xz, archive_read_support_filter_zstd,
            archive_read_support_filter_lz4, archive_read_support_filter_lzip, archive_read_support_filter_compress,
            archive_read_support_format_tar, archive_read_support_format_zip_streamable,
            archive_read_support_format_raw,
        ] { _ = support(archive) }
        let opened = archive_read_open(
            archive, Unmanaged.passUnretained(input).toOpaque(), nil,
            { archive, state, bytes in
                let input = Unmanaged<ArchiveInput>.fromOpaque(state!).takeUnretainedValue()
                bytes!.pointee = UnsafeRawPointer(input.buffer.baseAddress)
                let count = input.next()
                if count < 0 { archive_set_error_text(archive, "reading failed") }
                return count
            }, nil)
        if opened != ARCHIVE_OK { throw damage() }
    }

    deinit { archive_read_free(archive) }

    /// Goes to the next entry that is a file, and returns its name; nil at the end.
    func nextEntry() throws(Failure) -> String? {
        while true {
            var entry: OpaquePointer?
            let code = archive_read_next_header(archive, &entry)
            if code == ARCHIVE_EOF { return nil }
            // A warning is that of a name that is not ASCII.
            guard code == ARCHIVE_OK || code == ARCHIVE_WARN, let entry else { throw damage() }
            isSingle = archive_format(archive) == ARCHIVE_FORMAT_RAW
            if isSingle { return path }
            // In a zip archive that is read as it comes, a folder may be known by its name alone.
            let name = (archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry)).map(String.init(cString:))
            guard archive_entry_filetype(entry) == S_IFREG, let name, !name.hasSuffix("/") else { continue }
            return name
        }
    }

    /// Of the entry.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
        guard count >= 0 else { throw damage() }
        return count
    }

    /// What went wrong: with the bytes below, or in what they say.
    private func damage() -> Failure {
        if let failure = input.failure { return failure }
        let reason = archive_error_string(archive).map { String(cString: $0) } ?? "no reason given"
        return .badData(
            "\(path): damaged, cut off or of an unknown kind (\(reason)); get the file again or leave it out")
    }
}

/// Where libarchive gets its bytes from; at one address for its whole life.
private final class ArchiveInput {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    private(set) var failure: Failure?
    private let packed: any ByteStream

    init(_ packed: any ByteStream) { self.packed = packed }

    deinit { buffer.deallocate() }

    /// Fills the buffer: the count of bytes, 0 at the end, -1 after a failure.
    func next() -> Int {
        do throws(Failure) {
            return try packed.read(into: buffer)
        } catch {
            failure = error
            return -1
        }
    }
}
