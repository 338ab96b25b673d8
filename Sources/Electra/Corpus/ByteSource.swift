import CZlib
import Glibc

/// The bytes of a file from first to last, unpacked where it is gzip.
final class ByteSource {
    let path: String
    /// Bytes taken from the disk so far, for the progress bar.
    private(set) var consumed = 0

    private let descriptor: Int32
    private var gzip: GzipState?

    init(_ file: CorpusFile) throws(Failure) {
        path = file.path
        if StopSignals.isAsked { throw Self.stopped(path) }
        // Of a pipe this waits for who writes into it.
        descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if StopSignals.isAsked { throw Self.stopped(path) }
            throw .inputOutput("\(file.path): cannot be opened (\(FileAccess.reason)); check --corpus")
        }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        if file.compressed { gzip = GzipState() }
    }

    deinit { close(descriptor) }

    /// Fills the start of `buffer`; returns how much, 0 at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        guard let gzip else { return try readRaw(into: buffer) }
        return try read(gzip, into: buffer)
    }

    private static func stopped(_ path: String) -> Failure {
        Failure(.stoppedEarly, "\(path): reading was stopped by a signal; run the same command again")
    }

    private func readRaw(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        while true {
            if StopSignals.isAsked { throw Self.stopped(path) }
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw .inputOutput("\(path): reading failed (\(FileAccess.reason)); check the disk")
            }
            consumed += count
            return count
        }
    }

    private func read(_ gzip: GzipState, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        gzip.stream.next_out = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
        gzip.stream.avail_out = UInt32(buffer.count)
        while gzip.stream.avail_out == UInt32(buffer.count) {
            if gzip.stream.avail_in == 0 {
                let count = try readRaw(into: UnsafeMutableRawBufferPointer(gzip.input))
                gzip.stream.next_in = gzip.input.baseAddress
                gzip.stream.avail_in = UInt32(count)
                if count == 0 {
                    // A file may be several gzip members in a row; it may only end between them.
                    if gzip.betweenMembers { return 0 }
                    throw .badData(
                        "\(path): the gzip data end in the middle, so the file was cut off; "
                            + "get it again or leave it out")
                }
            }
            if gzip.betweenMembers {
                guard inflateReset(&gzip.stream) == Z_OK else { throw .software("\(path): zlib cannot be reset") }
                gzip.betweenMembers = false
            }
            let code = inflate(&gzip.stream, Z_NO_FLUSH)
            switch code {
            case Z_STREAM_END: gzip.betweenMembers = true
            case Z_OK, Z_BUF_ERROR: break
            default:
                let reason = gzip.stream.msg.map { String(cString: $0) } ?? "zlib code \(code)"
                throw .badData("\(path): damaged gzip data (\(reason)); get the file again or leave it out")
            }
        }
        return buffer.count - Int(gzip.stream.avail_out)
    }
}

/// zlib's state, at one address for its whole life as zlib demands.
private final class GzipState {
    var stream = z_stream()
    var betweenMembers = false
    let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 18)

    init() {
        // 15 bits of window, plus 16: gzip wrapping. inflateInit2 is a macro that Swift cannot import.
        let code = inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "zlib does not start")
    }

    deinit {
        inflateEnd(&stream)
        input.deallocate()
    }
}
