import Electra
import Glibc

/// Standard input as bytes, line by line: `readLine` would repair invalid UTF-8 and hide it.
enum StandardInput {
    static func forEachLine(_ body: ([UInt8]) -> Void) throws(Failure) {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var line: [UInt8] = []
        while true {
            let count = chunk.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .inputOutput("standard input: reading failed; check where it comes from") }
            if count == 0 { break }
            var start = 0
            while let newline = chunk[start..<count].firstIndex(of: UInt8(ascii: "\n")) {
                body(line + chunk[start..<newline])
                line.removeAll(keepingCapacity: true)
                start = newline + 1
            }
            line += chunk[start..<count]
        }
        if !line.isEmpty { body(line) }
    }
}
