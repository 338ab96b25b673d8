package import ElectraSupport
import HeapModule

/// Learns a WordPiece vocabulary from the words of a corpus, as Hugging Face's WordPieceTrainer does: byte-pair
/// encoding (R. Sennrich et al., 2016) over characters, where all but a word's first carry `##`.
///
///     reserved pieces, then again and again the most frequent pair of neighbours as one new piece
///
/// A character gets its piece in the same way, when its turn has come. Hugging Face's trainer gives every character a
/// piece before all pairs, or cuts the alphabet at a number; either way texts in mixed scripts lose.
///
/// Only counts decide, and equal counts go by the numbers of the pieces: the same words give the same vocabulary.
package struct VocabularyTrainer: Sendable {
    /// Pieces in all, at most.
    package var size = 30_522
    /// A pair that is rarer makes no piece.
    package var minimumFrequency = 2
    /// [unused0] ... after [PAD]: room for pieces of one's own later.
    package var unusedSlots = 0
    /// nil: characters compete with pairs. A share: the most frequent characters that make up this share of all text
    /// have pieces before any pair, and the others none.
    package var characterCoverage: Double?

    /// A character that has no piece makes a whole word [UNK], a pair that has none costs one token more: so one
    /// occurrence of a character weighs as much as this many of a pair.
    static let characterWeight = 10

    /// How many pieces a vocabulary may have.
    package static let sizes = 64...1 << 24

    package init() {}

    package func validate() throws(Failure) {
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
        if let characterCoverage, !(characterCoverage > 0 && characterCoverage <= 1) {
            throw .usage("--character-coverage \(characterCoverage): above 0 and up to 1 expected, such as 0.9999")
        }
    }

    /// [PAD], the unused slots, [UNK] [CLS] [SEP] [MASK]: with 99 slots the numbers are BERT's.
    var reservedPieces: [String] {
        let special = Vocabulary.specialPieces
        return [special[0]] + (0..<unusedSlots).map { "[unused\($0)]" } + special.dropFirst()
    }

    /// `progress` is told the share done, now and then.
    package func train(on words: WordTable, progress: (Double) -> Void = { _ in }) -> LearntPieces {
        let reserved = reservedPieces
        var pieces = PieceList(reserved: reserved)
        let alphabet = Alphabet(of: words, coverage: characterCoverage)
        var training = WordSymbols(words, alphabet: alphabet, pieces: &pieces)
        let firstPair = pieces.count
        var queue = Heap(training.pairs.indices.map { training.candidate($0) })
        let characters = alphabet.forms.indices.sorted {
            (alphabet.forms[$0].count, $1) > (alphabet.forms[$1].count, $0)
        }
        var taken = 0
        var count: Int { reserved.count + taken + pieces.count - firstPair }
        let start = count
        while count < size {
            let best = queue.max.map { $0.count >= minimumFrequency ? $0.count : 0 } ?? 0
            if taken < characters.count, worth(alphabet.forms[characters[taken]]) >= best {
                // No pair is more frequent than its characters, so theirs are here before it.
                taken += 1
                continue
            }
            guard best > 0, let candidate = queue.popMax() else { break }
            let pair = training.pairs[candidate.pair]
            if pair.count != candidate.count {
                // Neighbours were merged since; it goes back to where it belongs now.
                if pair.count >= minimumFrequency { queue.insert(training.candidate(candidate.pair)) }
                continue
            }
            let merged = pieces.number(merging: pair.left, pair.right)
            for touched in training.merge(candidate.pair, into: merged) {
                queue.insert(training.candidate(touched))
            }
            if pieces.count % 64 == 0 { progress(Double(count - start) / Double(size - start)) }
        }
        let alphabetPieces = characters.prefix(taken).sorted().map { pieces.texts[reserved.count + $0] }
        return LearntPieces(
            texts: reserved + (alphabetPieces + pieces.texts[firstPair...]).map { String(decoding: $0, as: UTF8.self) },
            leftOut: alphabet.leftOut(characters.dropFirst(taken).map { alphabet.forms[$0] }))
    }

    /// How many occurrences of a pair this character in its place outweighs. Where the corpus never has it other text may
    /// have it: half an occurrence.
    private func worth(_ form: Alphabet.Form) -> Int {
        if form.count == 0 { return Self.characterWeight / 2 }
        return characterCoverage == nil ? Self.characterWeight * form.count : .max
    }
}

/// What the trainer makes.
package struct LearntPieces {
    /// The reserved ones, characters that start a word, those that continue one, pairs in the order of their making.
    let texts: [String]
    let leftOut: LeftOutCharacters
}
