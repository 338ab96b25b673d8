import ElectraCorpus
package import ElectraHuggingFace
package import ElectraSupport
package import ElectraTraining

/// The answer to a question, a stretch of a context; or none (SQuAD 1.1 and 2.0). A context that is too long is read in
/// windows.
package struct QuestionAnswering: TaskKind {
    package static let name = "question-answering"
    package static let metrics = ["f1", "exact"]
    package static let inputLine = "a JSON object with question and context, and an id where you like"
    package static let formats = [PredictionFormat.jsonl, .tsv, .squad]

    /// Where a window's context tokens are.
    package struct Window: RecordWindow {
        package let record: Int
        /// The row of its first token, and for each token the bytes of the context.
        package let firstRow: Int
        package let spans: ArraySlice<Range<Int>>
    }

    private let options: TaskOptions

    package init(_ options: TaskOptions) { self.options = options }

    package func read(_ path: String, labelled: Bool) throws(Failure) -> [QuestionRecord] {
        try QuestionFile.read(path, needsAnswers: labelled)
    }

    package func read(_ line: [UInt8], from source: SourceLine) throws(Failure) -> QuestionRecord? {
        try QuestionFile.read(line, from: source)
    }

    package func makeHead(from records: [QuestionRecord]) -> QuestionAnsweringHead { QuestionAnsweringHead() }

    package func makeHead(_ description: TaskHeadDescription) -> QuestionAnsweringHead? {
        description.kind == .questionAnswering ? QuestionAnsweringHead() : nil
    }

    package func encode(
        _ records: [QuestionRecord], _ encoder: SequenceEncoder, _ head: QuestionAnsweringHead, labelled: Bool
    ) throws(Failure) -> EncodedRecords<Window> {
        var encoded = EncodedRecords<Window>()
        // Questions about one context follow one another.
        var last: (context: [UInt8], tokens: (ids: [Int32], spans: [Range<Int>]))?
        for (number, record) in records.enumerated() {
            if last?.context != record.context {
                last = (record.context, encoder.tokensAndSpans(of: record.context))
            }
            let context = last!.tokens
            let question = encoder.tokens(of: record.question).prefix(options.questionLength)
            let room = encoder.maximumLength - question.count - 3
            guard room > 0 else {
                throw record.source.failure(
                    "a question of \(question.count) tokens leaves no room for its context in sequences of "
                        + "\(encoder.maximumLength); use a longer --max-length")
            }
            let answer = labelled ? record.answers?.first?.span : nil
            for window in TokenWindow.covering(context.ids.count, room: room, stride: options.stride ?? 128) {
                var example = encoder.join(question, context.ids[window.tokens])
                let firstRow = example.firstSegmentLength
                let spans = context.spans[window.tokens]
                if labelled {
                    let tokens = answer.flatMap { Self.tokens(of: $0, spans) }
                    let shift = firstRow - spans.startIndex
                    example.targets = tokens.map { [Float($0.first + shift), Float($0.last + shift)] } ?? [0, 0]
                }
                encoded.append(
                    example, Window(record: number, firstRow: firstRow, spans: spans))
            }
        }
        return encoded
    }

    /// From the token in which the answer begins to that in which it ends; nil where it is not whole in the window.
    private static func tokens(
        of answer: Range<Int>, _ spans: ArraySlice<Range<Int>>
    ) -> (first: Int, last: Int)? {
        guard let first = spans.lastIndex(where: { $0.lowerBound <= answer.lowerBound }),
            let last = spans.firstIndex(where: { $0.upperBound >= answer.upperBound })
        else { return nil }
        return (first, last)
    }

    package func shown(_ example: EncodedExample) -> [(key: String, value: JSON)] {
        zip(["start", "end"], example.targets).map { (key: $0, value: .integer(Int($1))) }
    }

    package func scores(
        _ outputs: TaskOutputs, of encoded: EncodedRecords<Window>, _ records: [QuestionRecord],
        _ head: QuestionAnsweringHead
    ) -> Metrics {
        let found = answers(outputs, of: encoded, records)
        let questions = zip(records, found).map { record, answer in
            AnsweredQuestion(
                golds: (record.answers ?? []).map(\.text), text: answer.text, nullOdds: answer.nullOdds)
        }
        var metrics = Metrics()
        if records.contains(where: { $0.answers?.isEmpty == true }) {
            let scores = OptionalAnswerScores(questions, threshold: options.nullThreshold)
            if options.nullThreshold < .infinity {
                (metrics["f1"], metrics["exact"]) = (scores.all.f1, scores.all.exact)
            } else {
                (metrics["f1"], metrics["exact"]) = (scores.bestF1.score, scores.bestExact.score)
            }
            metrics["best_f1_threshold"] = scores.bestF1.threshold
            metrics["best_exact_threshold"] = scores.bestExact.threshold
        } else {
            let scores = AnswerScores(questions)
            (metrics["f1"], metrics["exact"]) = (scores.f1, scores.exact)
        }
        return metrics
    }

    package func predictions(
        _ outputs: TaskOutputs, of encoded: EncodedRecords<Window>, _ records: [QuestionRecord],
        _ head: QuestionAnsweringHead
    ) -> [Prediction] {
        zip(records, answers(outputs, of: encoded, records)).map { record, answer in
            let isNone = answer.nullOdds > options.nullThreshold
            let text = isNone ? "" : answer.text
            let span = isNone ? 0..<0 : answer.span
            // SQuAD counts in characters.
            let places = CharacterPlaces(record.context)
            return Prediction(
                id: record.id,
                [
                    ("answer", .text(text)), ("start", .integer(places[span.lowerBound])),
                    ("end", .integer(places[span.upperBound])), ("score", .rounded(answer.score)),
                    ("null_odds", .rounded(answer.nullOdds)),
                ],
                word: text)
        }
    }

    /// The best answer to each question, over all windows of its context.
    private func answers(
        _ outputs: TaskOutputs, of encoded: EncodedRecords<Window>, _ records: [QuestionRecord]
    ) -> [FoundAnswer] {
        var found = records.map { _ in FoundAnswer() }
        for (number, window) in encoded.windows.enumerated() {
            let span = SpanSearch.best(
                outputs[number], firstRow: window.firstRow, tokens: window.spans.count, longest: options.answerLength)
            found[window.record].take(span, window, records[window.record].context)
        }
        return found
    }
}

/// An answer, and how much speaks for it: logits of its start and its end, added.
private struct FoundAnswer {
    var text = ""
    /// In bytes of the context.
    var span = 0..<0
    var score = -Double.infinity
    /// The lowest score of "no answer" in any window.
    private var none = Double.infinity

    /// How much more speaks for no answer.
    var nullOdds: Double { none - score }

    mutating func take(_ found: SpanSearch.Result, _ window: QuestionAnswering.Window, _ context: [UInt8]) {
        none = min(none, found.none)
        guard let tokens = found.tokens, found.score > score else { return }
        score = found.score
        let start = window.spans.startIndex
        span =
            window.spans[start + tokens.lowerBound].lowerBound..<window.spans[start + tokens.upperBound - 1].upperBound
        text = String(decoding: context[span], as: UTF8.self)
    }
}

/// The stretch of tokens with the highest sum of the logits at its start and its end.
enum SpanSearch {
    struct Result {
        /// Of the context; nil where it has none.
        let tokens: Range<Int>?
        let score: Double
        /// Of [CLS].
        let none: Double
    }

    /// `logits` are two for each token of the sequence.
    static func best(_ logits: ArraySlice<Float>, firstRow: Int, tokens: Int, longest: Int) -> Result {
        func start(_ token: Int) -> Double { Double(logits[logits.startIndex + 2 * (firstRow + token)]) }
        func end(_ token: Int) -> Double { Double(logits[logits.startIndex + 2 * (firstRow + token) + 1]) }
        var best: (tokens: Range<Int>, score: Double)?
        for first in 0..<tokens {
            for last in first..<min(first + longest, tokens) where start(first) + end(last) > best?.score ?? -.infinity
            {
                best = (first..<last + 1, start(first) + end(last))
            }
        }
        let none = Double(logits[logits.startIndex]) + Double(logits[logits.startIndex + 1])
        return Result(tokens: best?.tokens, score: best?.score ?? -.infinity, none: none)
    }
}
