import Glibc

/// What stands at the other end of standard output or error.
package enum Terminal {
    /// Whether it is a terminal that lines can be written over on: it is one, and TERM does not say that it knows no more than
    /// characters (as in an editor's shell, or where nobody set it).
    package static func isLive(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1 && understandsSequences(environmentVariable)
    }

    /// Whether it is one that shows colours, and the user, by NO_COLOR, did not ask for none.
    package static func isColoured(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1 && wantsColours(environmentVariable)
    }

    static func understandsSequences(_ environment: (String) -> String?) -> Bool {
        !["", "dumb", "unknown"].contains(environment("TERM") ?? "")
    }

    /// Any value but none at all means none (no-color.org).
    static func wantsColours(_ environment: (String) -> String?) -> Bool {
        understandsSequences(environment) && (environment("NO_COLOR") ?? "").isEmpty
    }

    /// Text from outside as it may be shown: what a terminal would obey, and what would turn the direction of what follows, is
    /// written as JSON writes it ("\\u001b"). Line breaks and tabs stay, and so do `sequences` of the program's own.
    package static func printable(_ text: String, keeping sequences: [String] = []) -> String {
        guard text.unicodeScalars.contains(where: isObeyed) else { return text }
        var shown = ""
        var rest = text.unicodeScalars[...]
        while let scalar = rest.first {
            if let own = sequences.first(where: { rest.starts(with: $0.unicodeScalars) }) {
                shown.unicodeScalars += own.unicodeScalars
                rest.removeFirst(own.unicodeScalars.count)
                continue
            }
            if isObeyed(scalar) {
                shown += "\\u" + zeroPadded(scalar.value, to: 4, radix: 16)
            } else {
                shown.unicodeScalars.append(scalar)
            }
            rest.removeFirst()
        }
        return shown
    }

    /// Control characters (ECMA-48), line breaks of Unicode's own, and those that turn the direction (UAX 9).
    private static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: false
        case 0x00...0x1F, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
