import CZlib
import ElectraSupport
import Glibc

/// Bytes one after another. What is read of a corpus goes through layers of such: the file, what gzip packed in it, the
/// entries of an archive.
protocol ByteStream: AnyObject {
    /// Fills the start of `buffer`; returns how much, 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int
}

/// A file, pipe or device as it lies on the disk.
final class FileBytes: ByteStream {
    /// Bytes taken from the disk so far, for the progress bar.
    private(set) var consumed = 0
    private let path: String
    private let descriptor: Int32

    init(_ path: String, remedy: String) throws(Failure) {
        self.path = path
        if StopSignals.isAsked { throw Self.stopped(path) }
        // Of a pipe this waits for who writes into it.
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if StopSignals.isAsked { throw Self.stopped(path) }
            throw .inputOutput("\(path): cannot be opened (\(FileAccess.reason)); \(remedy)")
        }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    deinit { close(descriptor) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
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

    private static func stopped(_ path: String) -> Failure {
        Failure(.stoppedEarly, "\(path): reading was stopped by a signal; run the same command again")
    }
}

/// The same bytes, the first of which were looked at before.
final class LookAhead: ByteStream {
    /// Up to as many as were asked for, fewer where the stream is shorter.
    let first: [UInt8]
    private var given = 0
    private let stream: any ByteStream

    init(_ stream: any ByteStream, count: Int) throws(Failure) {
        self.stream = stream
        var first = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            var failure: Failure?
            let added = first.withUnsafeMutableBytes { buffer in
                do throws(Failure) {
                    return try stream.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
                } catch {
                    failure = error
                    return 0
                }
            }
            if let failure { throw failure }
            if added == 0 { break }
            filled += added
        }
        self.first = Array(first[..<filled])
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        guard given < first.count else { return try stream.read(into: buffer) }
        let count = min(buffer.count, first.count - given)
        buffer.copyBytes(from: first[given..<given + count])
        given += count
        return count
    }
}

/// What gzip packed; a file may be several members in a row (RFC 1952, section 2.2).
///
/// By zlib itself, as libarchive (3.6) compares neither the checksum at the end of a member nor its length: a flipped bit
/// would go into training.
final class GzipBytes: ByteStream {
    private let path: String
    private let packed: any ByteStream
    private let state = GzipState()

    init(_ packed: any ByteStream, path: String) {
        self.packed = packed
        self.path = path
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        state.stream.next_out = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
        state.stream.avail_out = UInt32(buffer.count)
        while state.stream.avail_out == UInt32(buffer.count) {
            if state.stream.avail_in == 0 {
                let count = try packed.read(into: UnsafeMutableRawBufferPointer(state.input))
                state.stream.next_in = state.input.baseAddress
                state.stream.avail_in = UInt32(count)
                if count == 0 {
                    // It may only end between members.
                    if state.betweenMembers { return 0 }
                    throw .badData(
                        "\(path): the gzip data end in the middle, so the file was cut off; "
                            + "get it again or leave it out")
                }
            }
            if state.betweenMembers {
                guard inflateReset(&state.stream) == Z_OK else { throw .software("\(path): zlib cannot be reset") }
                state.betweenMembers = false
            }
            let code = inflate(&state.stream, Z_NO_FLUSH)
            switch code {
            case Z_STREAM_END: state.betweenMembers = true
            case Z_OK, Z_BUF_ERROR: break
            default:
                let reason = state.stream.msg.map { String(cString: $0) } ?? "zlib code \(code)"
                throw .badData("\(path): damaged gzip data (\(reason)); get the file again or leave it out")
            }
        }
        return buffer.count - Int(state.stream.avail_out)
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
