/// The sentences of one batch as tokens: what a worker of `prepare` makes of a `TextBatch`.
///
/// Handed from the worker to the packer and never shared, hence Sendable.
final class TokenizedBatch: @unchecked Sendable {
    static let documentEnd = -1

    var tokens = TokenBuffer(capacity: 1 << 17)
    /// Lengths of the sentences in `tokens`, and `documentEnd` where a document ends.
    var sentences: [Int] = []
    var textBytes = 0
    let unknownWords = UnknownWords()
    var deletedMarks = DeletedMarks()
    var lines: LineCounts

    init(_ batch: TextBatch) {
        lines = LineCounts(batch)
    }
}

/// Cuts batches into lines and hands each to `WordPieceTokenizer`. Not Sendable: one for each thread.
final class SentenceTokenizer {
    private let tokenizer: WordPieceTokenizer
    private let json: JSONDocument
    /// The document that a line of JSON holds.
    private var document: [UInt8] = []

    init(_ tokenizer: WordPieceTokenizer, _ options: ReadingOptions) {
        json = JSONDocument(options)
        self.tokenizer = tokenizer
    }

    func tokenize(_ batch: TextBatch) -> TokenizedBatch {
        let result = TokenizedBatch(batch)
        result.textBytes = batch.bytes.count
        batch.forEachLine { line, number, isLast in
            if result.lines.problem != nil { return }
            switch batch.format {
            case .lines:
                let isPart = number == batch.firstLine && batch.continuesLine || isLast && batch.cutsLine
                let hasTokens = addSentence(line, number, to: result)
                if !hasTokens && !isPart { result.sentences.append(TokenizedBatch.documentEnd) }
            case .jsonLines:
                guard json.read(line, number, into: &document, counting: &result.lines) else { return }
                document.withUnsafeBufferPointer { document in
                    for sentence in document.split(separator: UInt8(ascii: "\n")) {
                        _ = addSentence(UnsafeBufferPointer(rebasing: sentence), number, to: result)
                    }
                }
                result.sentences.append(TokenizedBatch.documentEnd)
            }
        }
        if batch.endsFile { result.sentences.append(TokenizedBatch.documentEnd) }
        result.deletedMarks = tokenizer.takeDeletedMarks()
        return result
    }

    /// True if the line has any token.
    private func addSentence(_ line: UnsafeBufferPointer<UInt8>, _ number: Int, to result: TokenizedBatch) -> Bool {
        let before = result.tokens.count
        let invalidBytes = tokenizer.tokenize(line, into: &result.tokens, counting: result.unknownWords)
        result.lines.add(line, number, invalidBytes: invalidBytes)
        let count = result.tokens.count - before
        if count > 0 { result.sentences.append(count) }
        return count > 0
    }
}

extension TextBatch {
    /// Calls `body` with each line without its line break, and its number in the file, from 0. What follows the last line
    /// break is a line unless it is empty.
    @inline(__always)
    func forEachLine(_ body: (_ line: UnsafeBufferPointer<UInt8>, _ number: Int, _ isLast: Bool) -> Void) {
        bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            var number = firstLine
            while start < bytes.count {
                var end = start
                while end < bytes.count && bytes[end] != UInt8(ascii: "\n") { end += 1 }
                let isLast = end + 1 >= bytes.count
                body(UnsafeBufferPointer(rebasing: bytes[start..<end]), number, isLast)
                number += 1
                start = end + 1
            }
        }
    }
}
