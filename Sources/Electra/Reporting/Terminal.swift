import Glibc

/// What stands at the other end of standard output or error.
public enum Terminal {
    /// Whether it is a terminal that lines can be written over on: it is one, and TERM does not say that it knows no more than
    /// characters (as in an editor's shell, or where nobody set it).
    public static func isLive(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1 && understandsSequences(environmentVariable)
    }

    /// Whether it is one that shows colours, and the user, by NO_COLOR, did not ask for none.
    public static func isColoured(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1 && wantsColours(environmentVariable)
    }

    static func understandsSequences(_ environment: (String) -> String?) -> Bool {
        !["", "dumb", "unknown"].contains(environment("TERM") ?? "")
    }

    /// Any value but none at all means none (no-color.org).
    static func wantsColours(_ environment: (String) -> String?) -> Bool {
        understandsSequences(environment) && (environment("NO_COLOR") ?? "").isEmpty
    }
}
