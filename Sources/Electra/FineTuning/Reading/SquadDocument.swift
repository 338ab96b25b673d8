import ElectraSupport

/// SQuAD's own JSON: a list of articles, of these a list of paragraphs, of these a context and its questions, in any order of
/// the members. (Rajpurkar et al. 2016, 2018)
struct SquadDocument {
    private let file: LabelledFile
    private let needsAnswers: Bool
    private var records: [QuestionRecord] = []
    /// What is wrong with a question, to be told when the scanner is left.
    private var failure: Failure?
    /// Up to where lines were counted, and how many ended before.
    private var counted = 0
    private var lines = 0

    init(_ file: LabelledFile, needsAnswers: Bool) {
        self.file = file
        self.needsAnswers = needsAnswers
    }

    /// nil where the file is no such document.
    mutating func read() throws(Failure) -> [QuestionRecord]? {
        var isDocument = false
        var place = 0
        let bytes = file.bytes
        let problem = bytes.withUnsafeBufferPointer { bytes in
            var scanner = JSONScanner(bytes, .lenient)
            do throws(JSONScanner.Problem) {
                try scanner.object { (scanner, key) throws(JSONScanner.Problem) in
                    if word(key) == "data" {
                        isDocument = true
                        try articles(&scanner)
                    } else {
                        try scanner.skipValue()
                    }
                }
                if isDocument { try scanner.end() }
                return nil as JSONScanner.Problem?
            } catch {
                place = scanner.position
                return error
            }
        }
        guard isDocument else { return nil }
        if let failure { throw failure }
        if let problem {
            let after = records.last.map { " after question \"\(excerpt($0.id.utf8))\"" } ?? ""
            throw source(place).failure("not SQuAD's JSON\(after): \(problem.description); mend it, or get it again")
        }
        guard !records.isEmpty else { throw file.source(1).failure("no question in it; expected SQuAD's JSON") }
        return records
    }

    private mutating func articles(_ scanner: inout JSONScanner) throws(JSONScanner.Problem) {
        try scanner.array { (scanner) throws(JSONScanner.Problem) in
            try scanner.object { (scanner, key) throws(JSONScanner.Problem) in
                guard word(key) == "paragraphs" else { return try scanner.skipValue() }
                try scanner.array { (scanner) throws(JSONScanner.Problem) in try paragraph(&scanner) }
            }
        }
    }

    private mutating func paragraph(_ scanner: inout JSONScanner) throws(JSONScanner.Problem) {
        var context: [UInt8]?
        var drafts: [QuestionDraft] = []
        try scanner.object { (scanner, key) throws(JSONScanner.Problem) in
            switch word(key) {
            case "context": context = try scanner.text("context")
            case "qas":
                try scanner.array { (scanner) throws(JSONScanner.Problem) in drafts.append(try draft(&scanner)) }
            default: try scanner.skipValue()
            }
        }
        guard let context else { throw JSONScanner.Problem(description: "a paragraph without \"context\"") }
        for draft in drafts {
            do throws(Failure) {
                records.append(
                    try draft.record(of: context, id: "\(records.count + 1)", needsAnswers: needsAnswers))
            } catch {
                failure = error
                throw JSONScanner.Problem(description: error.description)
            }
        }
    }

    private mutating func draft(_ scanner: inout JSONScanner) throws(JSONScanner.Problem) -> QuestionDraft {
        _ = scanner.next()
        var draft = QuestionDraft(source: source(scanner.position))
        try scanner.object { (scanner, key) throws(JSONScanner.Problem) in try draft.read(key, &scanner) }
        return draft
    }

    /// Places are asked for in their order.
    private mutating func source(_ place: Int) -> SourceLine {
        lines += file.bytes[counted..<place].count { $0 == UInt8(ascii: "\n") }
        counted = place
        return file.source(lines + 1)
    }
}
