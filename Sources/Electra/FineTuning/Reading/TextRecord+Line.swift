package import ElectraSupport

extension TextRecord {
    static let inputLine = "a text, or two with a tab between them"

    /// One text, or two with a tab between them.
    package init(line: [UInt8], _ source: SourceLine) throws(Failure) {
        let texts = line.split(separator: UInt8(ascii: "\t"), maxSplits: 2, omittingEmptySubsequences: false)
        guard texts.count <= 2 else {
            throw source.failure("more than one tab; expected \(Self.inputLine)")
        }
        self.init(text: Array(texts[0]), pair: texts.count == 2 ? Array(texts[1]) : nil, source: source)
    }
}
