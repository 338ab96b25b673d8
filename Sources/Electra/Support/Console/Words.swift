import Foundation

// Numbers as people read them.

/// "1 shard", "3 shards"; `several` where an s makes no plural.
package func counted(_ count: Int, _ noun: String, several: String? = nil) -> String {
    "\(count) \(count == 1 ? noun : several ?? noun + "s")"
}

/// A number with a fixed count of decimals, in no locale: "1234.5".
package func decimal(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }

/// "41.3 MB/s".
package func megabytes(_ bytes: Int, each seconds: Double) -> String {
    decimal(Double(bytes) / 1e6 / max(seconds, 1e-3), 1) + " MB/s"
}

/// Eight hexadecimal digits.
package func hexadecimal(_ word: UInt32) -> String { zeroPadded(word, to: 8, radix: 16) }

/// At least `width` digits.
package func zeroPadded(_ number: some BinaryInteger, to width: Int, radix: Int = 10) -> String {
    let digits = String(number, radix: radix)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// Lines of up to 80 columns, each with the indentation.
package func folded(_ text: String, indentation: String = "") -> String {
    var lines: [String] = []
    for word in text.split(separator: " ") {
        if let last = lines.last, last.count + 1 + word.count <= 80 {
            lines[lines.count - 1] = "\(last) \(word)"
        } else {
            lines.append(indentation + word)
        }
    }
    return lines.joined(separator: "\n")
}
