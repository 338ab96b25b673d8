import ElectraSupport

/// A question as it stands in the file: its answers are known by their places in characters, and its context may come later.
struct QuestionDraft {
    var source: SourceLine
    private(set) var question: [UInt8]?
    private var id: [UInt8]?
    private var answers: [(text: [UInt8], start: Int)]?
    private var isImpossible = false

    init(source: SourceLine) { self.source = source }

    /// The value of a member.
    mutating func read(_ key: [UInt8], _ scanner: inout JSONScanner) throws(JSONScanner.Problem) {
        switch word(key) {
        case "question": question = try scanner.text("question")
        case "id": id = try scanner.identifier()
        case "answers": answers = try scanner.answers()
        case "is_impossible": isImpossible = try scanner.isImpossible()
        default: try scanner.skipValue()
        }
    }

    /// `id` is that of a question without one.
    func record(
        of context: [UInt8], id standard: String, needsAnswers: Bool
    ) throws(Failure) -> QuestionRecord {
        let id = try id.map { (id) throws(Failure) in try source.short(id, "an id") } ?? standard
        let name = "question \"\(excerpt(id.utf8))\""
        guard let question, !question.allSatisfy(isSpace) else {
            throw source.failure("\(name) is empty; mend or remove it")
        }
        guard !context.allSatisfy(isSpace) else {
            throw source.failure("\(name) has an empty context; mend or remove it")
        }
        var record = QuestionRecord(id: id, question: question, context: context, source: source)
        if isImpossible { record.answers = [] }
        guard let answers, !isImpossible else {
            if needsAnswers && !isImpossible { throw source.failure("\(name) has no \"answers\"; mend or remove it") }
            return record
        }
        var spans: [QuestionRecord.Answer] = []
        for (text, start) in answers {
            guard let place = Self.place(of: start, in: context), !text.isEmpty, context[place...].starts(with: text)
            else {
                throw source.failure(
                    "\(name): its answer \"\(excerpt(text))\" is not at character \(start) of its context; "
                        + "mend or remove it")
            }
            spans.append(.init(text: String(decoding: text, as: UTF8.self), span: place..<place + text.count))
        }
        record.answers = spans
        return record
    }

    /// Where the scalar of a number begins; nil beyond the end.
    private static func place(of scalar: Int, in text: [UInt8]) -> Int? {
        guard scalar < text.count else { return nil }
        var left = scalar
        for (place, byte) in text.enumerated() where byte & 0xC0 != 0x80 {
            if left == 0 { return place }
            left -= 1
        }
        return nil
    }
}

/// A key, to be compared with words; empty for one that is longer than any of them, and see `StackedMarks`.
func word(_ key: [UInt8]) -> String { key.count > 32 ? "" : String(decoding: key, as: UTF8.self) }

extension JSONScanner {
    /// The characters of the text that the member `key` has to be.
    mutating func text(_ key: String) throws(Problem) -> [UInt8] {
        guard next() == UInt8(ascii: "\"") else {
            throw Problem(description: "expected a text as \"\(key)\", found \(try value().kind)")
        }
        var text: [UInt8] = []
        try string(into: &text)
        guard !text.contains(0) else {
            throw Problem(description: "a character of zero in \"\(key)\", which no text has")
        }
        return text
    }

    /// A text or a whole number.
    fileprivate mutating func identifier() throws(Problem) -> [UInt8] {
        if next() == UInt8(ascii: "\"") { return try text("id") }
        let value = try value()
        guard case .integer(let number) = value else {
            throw Problem(description: "expected a text or a whole number as \"id\", found \(value.kind)")
        }
        return Array("\(number)".utf8)
    }

    fileprivate mutating func isImpossible() throws(Problem) -> Bool {
        let value = try value()
        if case .null = value { return false }
        guard let flag = value.flag else {
            throw Problem(description: "expected true or false as \"is_impossible\", found \(value.kind)")
        }
        return flag
    }

    /// SQuAD's list of objects, or Hugging Face's object of lists; nil for null.
    fileprivate mutating func answers() throws(Problem) -> [(text: [UInt8], start: Int)]? {
        var texts: [[UInt8]] = []
        var starts: [Int] = []
        switch next() {
        case UInt8(ascii: "n"):
            try skipValue()
            return nil
        case UInt8(ascii: "["):
            try array { (scanner) throws(Problem) in
                try scanner.object { (scanner, key) throws(Problem) in
                    switch word(key) {
                    case "text": texts.append(try scanner.text("text"))
                    case "answer_start": starts.append(try scanner.count())
                    default: try scanner.skipValue()
                    }
                }
                guard texts.count == starts.count else {
                    throw Problem(description: "expected \"text\" and \"answer_start\" in each answer")
                }
            }
        default:
            try object { (scanner, key) throws(Problem) in
                switch word(key) {
                case "text": try scanner.array { (scanner) throws(Problem) in texts.append(try scanner.text("text")) }
                case "answer_start":
                    try scanner.array { (scanner) throws(Problem) in starts.append(try scanner.count()) }
                default: try scanner.skipValue()
                }
            }
            guard texts.count == starts.count else {
                throw Problem(description: "expected as many \"answer_start\" as \"text\" in \"answers\"")
            }
        }
        return Array(zip(texts, starts)).map { (text: $0.0, start: $0.1) }
    }
}
