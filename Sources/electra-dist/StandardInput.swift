import Electra
import Glibc

/// Standard input as bytes: `readLine` would repair invalid UTF-8 and hide it.
enum StandardInput {
    /// Waits for some bytes; returns how many were added, 0 at the end.
    static func read(appending bytes: inout [UInt8]) throws(Failure) -> Int {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .inputOutput("standard input: reading failed; check where it comes from") }
            bytes += chunk[..<count]
            return count
        }
    }

    static func forEachLine(_ body: ([UInt8]) -> Void) throws(Failure) {
        var line: [UInt8] = []
        var read: [UInt8] = []
        while try Self.read(appending: &read) > 0 {
            var start = 0
            while let newline = read[start...].firstIndex(of: UInt8(ascii: "\n")) {
                body(line + read[start..<newline])
                line.removeAll(keepingCapacity: true)
                start = newline + 1
            }
            line += read[start...]
            read.removeAll(keepingCapacity: true)
        }
        if !line.isEmpty { body(line) }
    }
}
