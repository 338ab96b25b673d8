package import ElectraSupport

/// Reads questions about contexts: SQuAD's own JSON, of 1.1 and 2.0, or JSON lines with the keys `question`, `context`, and
/// where there are such `id` and `answers`. It may be packed.
package enum QuestionFile {
    /// In the order of the file. With `needsAnswers` each says which answers it has, or that it has none.
    package static func read(_ path: String, needsAnswers: Bool) throws(Failure) -> [QuestionRecord] {
        // SQuAD is one line.
        let file = try LabelledFile(path, longestLine: .max)
        var document = SquadDocument(file, needsAnswers: needsAnswers)
        if let records = try document.read() { return records }
        return try questionLines(file, needsAnswers: needsAnswers)
    }

    /// A line of JSON lines; nil where it is blank.
    package static func read(_ line: [UInt8], from source: SourceLine) throws(Failure) -> QuestionRecord? {
        if line.allSatisfy(isSpace) { return nil }
        return try questionLines(LabelledFile(line: line, source), needsAnswers: false).first
    }

    private static func questionLines(
        _ file: LabelledFile, needsAnswers: Bool
    ) throws(Failure) -> [QuestionRecord] {
        var lines = JSONLines(file)
        var records: [QuestionRecord] = []
        while true {
            var draft = QuestionDraft(source: file.source(1))
            var context: [UInt8]?
            let isThere = try lines.next { (scanner, key) throws(JSONScanner.Problem) in
                if word(key) == "context" {
                    context = try scanner.text("context")
                } else {
                    try draft.read(key, &scanner)
                }
            }
            guard isThere else { return records }
            draft.source = lines.source
            guard let context else { throw lines.missing("context") }
            guard draft.question != nil else { throw lines.missing("question") }
            records.append(try draft.record(of: context, id: "\(draft.source.line)", needsAnswers: needsAnswers))
        }
    }
}
