import ElectraCorpus
import ElectraSupport

/// RUN/not-finite.jsonl: a line for each such sequence, with its text.
struct NonfiniteLog {
    let path: String
    let data: DataSet

    /// How many of a step are written down.
    private static let most = 16

    func append(_ numbers: [Int], step: Int, what: String) throws(Failure) {
        for number in numbers.prefix(Self.most) {
            let line = JSON.object([
                ("step", .integer(step)), ("what", .text(what)), ("sequence", .integer(number)),
                ("text", .text(try text(of: number))),
            ])
            try FileAccess.append(line: line.compact + "\n", to: path)
        }
    }

    /// "of all 8 sequences of the batch: the weights, not the text, are at fault", or of which, and where they are shown.
    func words(_ numbers: [Int], batch: Int) throws(Failure) -> String {
        guard let first = numbers.first else { return "only of the batch as a whole" }
        if numbers.count == batch { return "of all \(batch) sequences: it comes from the weights, not from some text" }
        let text = try text(of: first)
        let start = text.count > 80 ? text.prefix(80) + "..." : text
        return "of \(numbers.count) of \(batch) sequences, number \(first): \"\(start)\" (all in \(path))"
    }

    private func text(of number: Int) throws(Failure) -> String {
        data.vocabulary.text(of: try data.train.sequence(number).ids)
    }
}
