package import ElectraSupport

/// Where an example stands: what an error about it begins with.
package struct SourceLine: Sendable, Equatable, CustomStringConvertible {
    package let file: String
    /// From 1.
    package let line: Int

    package init(file: String, line: Int) {
        self.file = file
        self.line = line
    }

    package var description: String { "\(file):\(line)" }

    /// "dev.tsv:17: expected a label, found none; ..."
    package func failure(_ text: String) -> Failure { .badData("\(self): \(text)") }
}
