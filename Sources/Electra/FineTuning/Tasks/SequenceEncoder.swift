package import ElectraCorpus

/// Texts as a network reads them: cut into tokens, with [CLS] and [SEP], at most so long. What does not fit is cut, or goes
/// into further windows, as Hugging Face's tokenizers do (truncation "longest_first" and "only_second"). Not Sendable: one
/// for each thread.
package final class SequenceEncoder {
    private let tokenizer: WordPieceTokenizer
    private let classifier: Int32
    private let separator: Int32
    /// With [CLS] and [SEP].
    package let maximumLength: Int

    package init(_ vocabulary: Vocabulary, _ rules: TextRules, maximumLength: Int) {
        tokenizer = WordPieceTokenizer(vocabulary, rules)
        (classifier, separator) = (vocabulary.classifier, vocabulary.separator)
        self.maximumLength = maximumLength
    }

    package func tokens(of text: [UInt8]) -> [Int32] { tokenizer.ids(of: text) }

    /// With the bytes of the text that each token stands for.
    package func tokensAndSpans(of text: [UInt8]) -> (ids: [Int32], spans: [Range<Int>]) { tokenizer.encode(text) }

    /// [CLS] text [SEP], or [CLS] text [SEP] pair [SEP]; and how many tokens were cut off. Of two texts that are both longer
    /// than their half, each keeps half, the second one token more where that is odd.
    package func encode(_ text: [UInt8], _ pair: [UInt8]?) -> (example: EncodedExample, cut: Int) {
        let first = tokens(of: text)
        guard let second = pair.map(tokens(of:)) else {
            let kept = first.prefix(maximumLength - 2)
            return (join(kept), first.count - kept.count)
        }
        let (a, b) = Self.lengths(first.count, second.count, room: maximumLength - 3)
        return (join(first.prefix(a), second.prefix(b)), first.count + second.count - a - b)
    }

    /// What two texts keep of their tokens: the longer one gives first.
    static func lengths(_ first: Int, _ second: Int, room: Int) -> (first: Int, second: Int) {
        let (shorter, longer) = (min(first, second), max(first, second))
        if shorter + longer <= room { return (first, second) }
        let half = room / 2
        let kept = shorter <= half ? (shorter, room - shorter) : (half, room - half)
        return first <= second ? kept : (kept.1, kept.0)
    }

    /// Stretches of `count` tokens of which each fits into `room`, and has `stride` tokens in common with the one before.
    package static func windows(of count: Int, room: Int, stride: Int) -> [Range<Int>] {
        var windows = [0..<min(room, count)]
        while let last = windows.last, last.upperBound < count {
            let start = last.lowerBound + room - stride
            windows.append(start..<min(start + room, count))
        }
        return windows
    }

    /// Without rows and targets.
    package func join(_ first: ArraySlice<Int32>, _ second: ArraySlice<Int32>? = nil) -> EncodedExample {
        let start = [classifier] + first + [separator]
        return EncodedExample(
            ids: start + (second.map { $0 + [separator] } ?? []), firstSegmentLength: start.count, rows: [],
            targets: [])
    }
}
