/// An example as it was read.
package protocol LabelledRecord: Sendable {
    /// Whether it has what is to be learnt.
    var isLabelled: Bool { get }
}

/// An example of a text task, as it was read: one text or two, and a label where the file has one.
package struct TextRecord: LabelledRecord, Equatable {
    package var id: String?
    package var text: [UInt8]
    package var pair: [UInt8]?
    package var label: String?
    package var source: SourceLine
    package var isLabelled: Bool { label != nil }

    package init(id: String? = nil, text: [UInt8], pair: [UInt8]? = nil, label: String? = nil, source: SourceLine) {
        self.id = id
        self.text = text
        self.pair = pair
        self.label = label
        self.source = source
    }
}

/// A sentence in words, and a tag for each where the file has them.
package struct WordsRecord: LabelledRecord, Equatable {
    package var id: String?
    package var words: [[UInt8]]
    package var tags: [String]?
    package var source: SourceLine
    package var isLabelled: Bool { tags != nil }

    package init(id: String? = nil, words: [[UInt8]], tags: [String]? = nil, source: SourceLine) {
        self.id = id
        self.words = words
        self.tags = tags
        self.source = source
    }
}

/// A question about a context.
package struct QuestionRecord: LabelledRecord, Equatable {
    /// One of the right answers.
    package struct Answer: Sendable, Equatable {
        package var text: String
        /// In bytes of the context.
        package var span: Range<Int>

        package init(text: String, span: Range<Int>) {
            self.text = text
            self.span = span
        }
    }

    package var id: String
    package var question: [UInt8]
    package var context: [UInt8]
    /// Empty where the context has none (SQuAD 2.0); nil where the file does not say, as of questions to be answered.
    package var answers: [Answer]?
    package var source: SourceLine
    package var isLabelled: Bool { answers != nil }

    package init(id: String, question: [UInt8], context: [UInt8], answers: [Answer]? = nil, source: SourceLine) {
        self.id = id
        self.question = question
        self.context = context
        self.answers = answers
        self.source = source
    }
}
