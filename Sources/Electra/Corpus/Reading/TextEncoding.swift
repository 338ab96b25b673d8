import Glibc

/// Which encoding the first bytes of a file are in: UTF-8, or another one as far as it can be told.
package struct TextEncoding {
    let isUTF8: Bool
    /// What it is instead; nil where that cannot be told.
    let name: String?
    /// The bytes are no text in any encoding.
    let isBinary: Bool

    init(_ first: [UInt8], isWhole: Bool) {
        func found(_ name: String?, isUTF8: Bool = false, isBinary: Bool = false) -> TextEncoding {
            TextEncoding(isUTF8: isUTF8, name: name, isBinary: isBinary)
        }
        if let marked = Self.marks.first(where: { first.starts(with: $0.bytes) }) {
            self = found(marked.name)
        } else if let wide = Self.wide(first) {
            self = found(wide)
        } else if 20 * first.count(where: Self.isControl) > first.count {
            self = found(nil, isBinary: true)
        } else if let lines = Self.linesOfAnotherEncoding(first, isWhole: isWhole) {
            self = found(Self.guess(lines))
        } else {
            self = found("UTF-8", isUTF8: true)
        }
    }

    private init(isUTF8: Bool, name: String?, isBinary: Bool) {
        self.isUTF8 = isUTF8
        self.name = name
        self.isBinary = isBinary
    }

    /// What the file is, to follow its name.
    var description: String {
        if isBinary { return "binary data of an unknown kind" }
        return name.map { "its text is in \($0)" } ?? "most of its lines are not UTF-8"
    }

    func remedy(_ path: String) -> String {
        if isBinary { return "leave it out, or convert it to text" }
        let from = name ?? "ENCODING"
        let convert = "convert it (iconv -f \(from) -t UTF-8 \(path) > \(path).utf8)"
        return name == nil ? "find its encoding (file -i, uchardet) and " + convert : convert
    }

    private static let marks: [(bytes: [UInt8], name: String)] = [
        ([0xFF, 0xFE, 0, 0], "UTF-32"), ([0, 0, 0xFE, 0xFF], "UTF-32"), ([0xFF, 0xFE], "UTF-16"),
        ([0xFE, 0xFF], "UTF-16"),
    ]

    private static func isControl(_ byte: UInt8) -> Bool {
        byte < 0x20 && !(0x09...0x0D).contains(byte) && byte != 0x1B || byte == 0x7F
    }

    // MARK: Two or four bytes a character, without a mark

    /// Spaces or line breaks have bytes of zero then, and almost all numbers are those of characters that people write.
    private static func wide(_ bytes: [UInt8]) -> String? {
        guard bytes.contains(0) else { return nil }
        for (name, width, isLittle) in [
            ("UTF-32LE", 4, true), ("UTF-32BE", 4, false), ("UTF-16LE", 2, true), ("UTF-16BE", 2, false),
        ] where bytes.count >= width {
            let units = stride(from: 0, to: bytes.count - width + 1, by: width).map { start in
                let unit = bytes[start..<start + width]
                return isLittle
                    ? unit.reversed().reduce(0) { $0 << 8 | UInt32($1) } : unit.reduce(0) { $0 << 8 | UInt32($1) }
            }
            let hasSpaces = units.contains { $0 == 0x20 || $0 == 0x0A }
            if hasSpaces && 20 * units.count(where: isWritten) > 19 * units.count { return name }
        }
        return nil
    }

    /// Tabs, line breaks, ASCII, the alphabets up to Thai, dashes and quotation marks, kana, ideographs, Hangul, and
    /// surrogates. Pairs of ASCII letters look like ideographs, but a letter and a space do not.
    private static func isWritten(_ unit: UInt32) -> Bool {
        switch unit {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0xA0...0x0E7F, 0x1E00...0x1FFF, 0x2010...0x2027, 0x3000...0x30FF,
            0x4E00...0x9FFF,
            0xAC00...0xDFFF, 0xFF00...0xFFEF, 0x1F300...0x1FAFF:
            true
        default: false
        }
    }

    // MARK: One or more bytes a character

    /// The lines that are not UTF-8, where they are more than half of those with anything in them, and what is wrong with
    /// them is more than a stray byte.
    private static func linesOfAnotherEncoding(_ bytes: [UInt8], isWhole: Bool) -> [UInt8]? {
        // The last line may be cut, and in the middle of a character.
        let end = isWhole ? nil : bytes.lastIndex(of: UInt8(ascii: "\n")) ?? bytes.lastIndex { $0 & 0xC0 != 0x80 }
        var lines = bytes[..<(end ?? bytes.count)].split(separator: UInt8(ascii: "\n"))
        lines.removeAll { $0.allSatisfy { $0 == 0x20 || $0 == 0x0D || $0 == 0x09 } }
        let invalid = lines.filter { String(validating: $0, as: UTF8.self) == nil }
        guard 2 * invalid.count > lines.count else { return nil }
        let text = invalid.reduce(into: [UInt8]()) { $0 += $1 + [UInt8(ascii: "\n")] }
        let repaired = String(decoding: text, as: UTF8.self).unicodeScalars.count { $0 == "\u{FFFD}" }
        return repaired > strayBytes && 4 * repaired > text.count { $0 >= 0x80 } ? text : nil
    }

    /// As many are damage and no encoding.
    static let strayBytes = 2

    /// The commonest characters of what is written in an encoding, and which part of its characters beyond ASCII they are.
    private struct Habit {
        let encodings: [String]
        let characters: Set<Unicode.Scalar>
        let share: Double
        /// Letters of ASCII among the text's own are few (0), or most (1); nil for both.
        var isLatin: Bool? = false

        init(_ encodings: [String], _ characters: String, _ share: Double, isLatin: Bool? = false) {
            self.encodings = encodings
            self.characters = Set(characters.unicodeScalars)
            self.share = share
            self.isLatin = isLatin
        }
    }

    private static let habits = [
        Habit(["WINDOWS-1252"], "éèêàâäöüßñçãáíóúåøæôî’“”", 0.9, isLatin: true),
        Habit(["WINDOWS-1250"], "łąęśżćńóčěřšžýáíéőűôľťăşţâî", 0.9, isLatin: true),
        Habit(["WINDOWS-1254"], "ışğçöüİâ", 0.9, isLatin: true),
        Habit(["WINDOWS-1257"], "āēīūšžčėįųņļģķõäöü", 0.9, isLatin: true),
        Habit(["WINDOWS-1251", "KOI8-R", "IBM866", "ISO-8859-5"], "оеаинтсі", 0.5),
        Habit(["ISO-8859-7"], "αοιετσνη", 0.5),
        Habit(["WINDOWS-1255"], "יוהלאתרמ", 0.5),
        Habit(["WINDOWS-1256"], "اليمنوتر", 0.5),
        Habit(["TIS-620"], "านรอกเงม", 0.4),
        Habit(["GB18030", "BIG5"], "的一是不了人在有我他這这大中來来上國国", 0.12, isLatin: nil),
        Habit(["SHIFT_JIS", "EUC-JP"], "のはにをたがでとしてい、。", 0.3, isLatin: nil),
        Habit(["EUC-KR"], "이다는의에가을고하지로", 0.2, isLatin: nil),
    ]

    /// The encoding in which the text decodes, and looks the most like what is written in it.
    private static func guess(_ bytes: [UInt8]) -> String? {
        let sample = Array(bytes.prefix(1 << 14))
        let letters = sample.count { (0x41...0x5A).contains($0 & 0xDF) && $0 < 0x80 }
        let isLatin = letters > sample.count { $0 >= 0x80 }
        var best: (name: String, likeness: Double)?
        for habit in habits where habit.isLatin == nil || habit.isLatin == isLatin {
            for name in habit.encodings {
                guard let text = decoded(sample, from: name) else { continue }
                let foreign = text.unicodeScalars.filter { !$0.isASCII }
                let likeness =
                    Double(foreign.count(where: habit.characters.contains)) / Double(max(foreign.count, 1))
                    / habit.share
                if likeness > max(best?.likeness ?? 0, 0.5) { best = (name, likeness) }
            }
        }
        return best?.name
    }

    private static func decoded(_ bytes: [UInt8], from encoding: String) -> String? {
        converted(bytes, from: encoding, to: "UTF-8").map { String(decoding: $0, as: UTF8.self) }
    }

    /// nil where the bytes are not in that encoding, or the system does not know it. A character that is cut at the end is
    /// left out.
    package static func converted(_ bytes: [UInt8], from encoding: String, to other: String) -> [UInt8]? {
        guard let converter = iconv_open(other, encoding), converter != UnsafeMutableRawPointer(bitPattern: -1) else {
            return nil
        }
        defer { iconv_close(converter) }
        var input = bytes.map { CChar(bitPattern: $0) }
        var output = [CChar](repeating: 0, count: 4 * bytes.count + 16)
        var left = input.count
        var room = output.count
        let isWhole = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                var from = input.baseAddress
                var to = output.baseAddress
                return iconv(converter, &from, &left, &to, &room) != -1 || errno == EINVAL && left < 4
            }
        }
        return isWhole ? output[..<(output.count - room)].map { UInt8(bitPattern: $0) } : nil
    }
}
