import ElectraKernels
import ElectraSupport

/// Packs the sentences of a document into sequences [CLS] A [SEP] B [SEP], as the reference does
/// (build_pretraining_dataset.py, docs/algorithm.md 10), except that nothing is thrown away:
///
///     target  = maximum length; for 5 % of the sequences a random length from 5 to the maximum
///     collect sentences until they have `target` tokens or the document ends, then
///     A       = sentences while they fit about half of the target; 10 % of the sequences have no B
///     B       = the sentences that follow
///     what does not fit the maximum length starts the next sequence
///
/// Once B has started every sentence goes there (the reference lets a short one slip back into A, out of order), so the
/// tokens of a document are in its sequences once each and in order.
///
/// All chance is keyed by (seed, document, sequence within the document): nothing depends on threads.
struct SequencePacker: ~Copyable {
    struct Sequence: Sendable {
        /// Number of the document in the corpus, and of the sequence in the document.
        let document: Int
        let number: Int
        /// Positions of [CLS] A [SEP].
        let firstSegmentLength: Int
    }

    static let shortTargetChance: Float = 0.05
    static let oneSegmentChance: Float = 0.10
    static let shortestTarget = 5

    let maximumLength: Int
    let seed: UInt64
    private let classifier: Int32
    private let separator: Int32

    /// Tokens of the document not yet packed: `tokens` from `start` on, cut into `sentences` (their lengths).
    private var tokens = TokenBuffer()
    private var start = 0
    private var sentences: [Int] = []
    private var output = TokenBuffer()

    private(set) var document = 0
    private var number = 0
    private var target: Int
    /// Whether the document has had a sentence.
    private var begun = false

    init(maximumLength: Int, seed: UInt64, vocabulary: Vocabulary) {
        self.maximumLength = maximumLength
        self.seed = seed
        classifier = vocabulary.classifier
        separator = vocabulary.separator
        target = Self.target(maximumLength, seed, document: 0, number: 0)
    }

    /// Adds a sentence, and gives every sequence that is full then to `emit`.
    mutating func add(
        _ sentence: UnsafeBufferPointer<Int32>,
        emit: (UnsafeBufferPointer<Int32>, Sequence) throws(Failure) -> Void
    ) throws(Failure) {
        if sentence.isEmpty { return }
        begun = true
        tokens.append(sentence)
        sentences.append(sentence.count)
        while tokens.count - start >= target { try pack(emit) }
    }

    /// Ends the document: what is left becomes sequences. A document without a sentence is none.
    mutating func endDocument(
        emit: (UnsafeBufferPointer<Int32>, Sequence) throws(Failure) -> Void
    ) throws(Failure) {
        guard begun else { return }
        while tokens.count > start { try pack(emit) }
        tokens.removeAll()
        start = 0
        document += 1
        number = 0
        begun = false
        target = Self.target(maximumLength, seed, document: document, number: 0)
    }

    private static func target(_ maximumLength: Int, _ seed: UInt64, document: Int, number: Int) -> Int {
        let chance = RandomStream(seed: seed, .packing, step: document, sequence: number)
        guard chance.uniform(0) < shortTargetChance else { return maximumLength }
        return shortestTarget + chance.integer(1, below: maximumLength - shortestTarget + 1)
    }

    private mutating func pack(
        _ emit: (UnsafeBufferPointer<Int32>, Sequence) throws(Failure) -> Void
    ) throws(Failure) {
        let chance = RandomStream(seed: seed, .packing, step: document, sequence: number)
        let firstTarget = chance.uniform(2) < Self.oneSegmentChance ? Int.max : (target - 3) / 2
        var first = 0
        var second = 0
        for (index, length) in sentences.enumerated() {
            let belongsToFirst =
                second == 0
                && (first == 0 || length < firstTarget - first
                    || first < firstTarget && chance.uniform(3 + index) < 0.5)
            if belongsToFirst { first += length } else { second += length }
        }
        // Where A is cut, B has no room: the two always are one stretch of the document.
        first = min(first, maximumLength - 2)
        second = min(second, max(0, maximumLength - 3 - first))

        output.removeAll()
        output.append(classifier)
        output.append(tokens.slice(start..<start + first))
        output.append(separator)
        if second > 0 {
            output.append(tokens.slice(start + first..<start + first + second))
            output.append(separator)
        }
        let sequence = Sequence(document: document, number: number, firstSegmentLength: first + 2)
        drop(first + second)
        number += 1
        target = Self.target(maximumLength, seed, document: document, number: number)
        try emit(output.slice(0..<output.count), sequence)
    }

    private mutating func drop(_ count: Int) {
        start += count
        // Moving the rest to the front costs less than what was packed since the last time.
        if start > tokens.count / 2 {
            tokens.removeFirst(start)
            start = 0
        }
        var left = count
        var whole = 0
        while whole < sentences.count && sentences[whole] <= left {
            left -= sentences[whole]
            whole += 1
        }
        sentences.removeFirst(whole)
        if left > 0 { sentences[0] -= left }
    }
}
