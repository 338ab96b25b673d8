import HeapModule

/// Learns a WordPiece vocabulary from the words of a corpus, as Hugging Face's WordPieceTrainer does: byte-pair
/// encoding (R. Sennrich et al., 2016) over characters, where all but a word's first carry `##`.
///
///     reserved pieces, the alphabet, then again and again the most frequent pair of neighbours as one new piece
///
/// Only counts decide, and equal counts go by the numbers of the pieces: the same words give the same vocabulary.
public struct VocabularyTrainer: Sendable {
    /// Pieces in all, at most.
    public var size = 30_522
    /// A pair that is rarer makes no piece.
    public var minimumFrequency = 2
    /// [unused0] ... after [PAD]: room for pieces of one's own later.
    public var unusedSlots = 0
    /// The alphabet is the most frequent characters that make up this share of all text; words with another character
    /// are [UNK]. Everything else of a text in mixed scripts would fill the vocabulary with single characters.
    public var characterCoverage = 0.9999

    /// How many pieces a vocabulary may have.
    public static let sizes = 64...1 << 24

    public init() {}

    public func validate() throws(Failure) {
        guard Self.sizes.contains(size) else {
            throw .usage(
                "--size \(size): \(Self.sizes.lowerBound) to \(Self.sizes.upperBound) pieces expected; 8192 or 30522 are usual"
            )
        }
        guard minimumFrequency > 0 else {
            throw .usage("--minimum-frequency \(minimumFrequency): 1 or more expected; 2 is usual")
        }
        guard (0...size / 4).contains(unusedSlots) else {
            throw .usage("--unused \(unusedSlots): 0 to a quarter of the \(size) pieces expected; BERT has 99")
        }
        guard characterCoverage > 0 && characterCoverage <= 1 else {
            throw .usage("--character-coverage \(characterCoverage): above 0 and up to 1 expected, such as 0.9999")
        }
    }

    /// [PAD], the unused slots, [UNK] [CLS] [SEP] [MASK]: with 99 slots the numbers are BERT's.
    var reservedPieces: [String] {
        let special = Vocabulary.specialPieces
        return [special[0]] + (0..<unusedSlots).map { "[unused\($0)]" } + special.dropFirst()
    }

    /// `progress` is told the share done, now and then.
    func train(on words: WordTable, progress: (Double) -> Void = { _ in }) -> [String] {
        var pieces = PieceList(reserved: reservedPieces)
        let alphabet = alphabet(of: words)
        // Two pieces a character, and never more than half of the vocabulary.
        let kept = Set(alphabet.prefix(max(0, size / 2 - pieces.count) / 2))
        var training = WordSymbols(words, alphabet: kept, pieces: &pieces)
        var queue = Heap(training.pairs.indices.map { training.candidate($0) })
        let start = pieces.count
        while pieces.count < size, let candidate = queue.popMax() {
            let pair = training.pairs[candidate.pair]
            if pair.count != candidate.count {
                // Neighbours were merged since; it goes back to where it belongs now.
                if pair.count >= minimumFrequency { queue.insert(training.candidate(candidate.pair)) }
                continue
            }
            guard pair.count >= max(minimumFrequency, 1) else { break }
            let merged = pieces.number(merging: pair.left, pair.right)
            for touched in training.merge(candidate.pair, into: merged) {
                queue.insert(training.candidate(touched))
            }
            if pieces.count % 64 == 0 { progress(Double(pieces.count - start) / Double(size - start)) }
        }
        return pieces.texts.prefix(size).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The characters that cover the wanted share of the text, most frequent first.
    private func alphabet(of words: WordTable) -> [Unicode.Scalar] {
        var counts: [Unicode.Scalar: Int] = [:]
        var total = 0
        words.forEach { word, count in
            for scalar in String(decoding: word, as: UTF8.self).unicodeScalars {
                counts[scalar, default: 0] += count
                total += count
            }
        }
        let ranked = counts.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
        var covered = 0
        var alphabet: [Unicode.Scalar] = []
        for (scalar, count) in ranked {
            if Double(covered) >= characterCoverage * Double(total) { break }
            alphabet.append(scalar)
            covered += count
        }
        return alphabet
    }
}
