extension Failure {
    /// Writes `electra-dist: error: ...` to standard error, on one line, whatever the text has in it.
    public static func report(_ text: String) {
        ProgressLine.note("electra-dist: error: " + text.split(whereSeparator: \.isNewline).joined(separator: " "))
    }
}
