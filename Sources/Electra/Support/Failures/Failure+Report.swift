extension Failure {
    /// Writes `electra-dist: error: ...` to standard error, on one line, whatever the text has in it. A stop in good order,
    /// which exit code 75 tells of, is no error, and not called one.
    package static func report(_ text: String, exitCode: Int32? = nil) {
        StopSignals.leaveToItself()
        let word = exitCode == Kind.stoppedEarly.rawValue ? "" : "error: "
        ProgressLine.note("electra-dist: \(word)" + text)
    }
}
