import ElectraCorpus
import ElectraKernels
import ElectraModel
import ElectraSupport
import ElectraTraining

/// What the discriminator is for, to look at: in a held-out sentence one word is replaced by another that the generator
/// samples for its place, and the discriminator points at the word that it finds most suspicious.
package enum ReplacementDemonstration {
    package struct Example: Sendable {
        /// A word or a punctuation mark, its pieces joined.
        package struct Word: Sendable {
            package let text: String
            /// Written with a space before it.
            package let hasSpace: Bool
            package let isReplaced: Bool
            /// The most suspicious word.
            package let isMarked: Bool
        }

        package let words: [Word]
        /// What stood there.
        package let original: String
        package let isFound: Bool
        /// How likely a blind guess among the words is right.
        package let chance: Double
    }
}

/// Makes the examples.
struct ReplacementDemonstrator<Objective: ReplacedTokenObjective> {
    /// One that never samples the original token.
    let objective: Objective
    let parameters: Objective.Parameters
    let data: DataSet
    let seed: UInt64

    private typealias Example = ReplacementDemonstration.Example

    private static var sentenceLengths: ClosedRange<Int> { 8...32 }
    /// How often the generator is asked for a place until its sample is a word, and not a piece or a comma.
    private static var tries: Int { 20 }

    /// At most one example from each of the first held-out sequences: those that have a whole sentence.
    func examples(most: Int) throws(Failure) -> [ReplacementDemonstration.Example] {
        let arena = Arena()
        let batch = objective.makeBatch(sequences: 1, arena: arena)
        let workspace = objective.makeWorkspace(sequences: 1, arena: arena)
        let sums = objective.makeSums(arena: arena)
        // Each sequence is computed alone, and nothing is learnt from it.
        let context = StepContext(seed: 0, step: 0, isTraining: false, denominators: LossVector(repeating: 1))
        var examples: [Example] = []
        for index in 0..<data.heldOut.count where examples.count < most {
            guard let sentence = sentence(of: try data.heldOut.sequence(index).ids) else { continue }
            let places = (1..<sentence.count - 1).filter { isWholeWord(sentence, at: $0) }
            // Less is no riddle.
            guard places.count > 1 else { continue }
            let random = RandomStream(seed: seed, .sampleReplacement, sequence: index)
            let place = places[random.integer(0, below: places.count)]
            for attempt in 1...Self.tries {
                batch.reset()
                batch.append(key: index) { ids in
                    for (position, id) in sentence.enumerated() { ids[position] = id }
                    return (sentence.count, sentence.count)
                }
                batch.choose(row: place, shown: data.vocabulary.mask, uniform: random.uniform(attempt))
                objective.replaceMaskedTokens(parameters, workspace, batch, context, adding: sums)
                guard isWord(batch.corruptedIds[place]) else { continue }
                let head = objective.scoreTokens(parameters, workspace, batch, context)
                examples.append(example(batch, logits: head.logits_T.base, place: place))
                break
            }
        }
        return examples
    }

    private func example(_ batch: MaskedBatch, logits: UnsafePointer<Float>, place: Int) -> Example {
        let words = joined(batch)
        // Commas are no candidates, as none was replaced. A word is as suspicious as its worst piece.
        let candidates = words.filter { isWord(batch.corruptedIds[$0.lowerBound]) }
        func suspicion(_ word: Range<Int>) -> Float { word.map { logits[$0] }.max() ?? -.infinity }
        let marked = candidates.max { suspicion($0) < suspicion($1) } ?? place..<place + 1
        let text = words.map { word in
            let text = word.map { withoutMark(batch.corruptedIds[$0]) }.joined()
            let before = word.lowerBound > 1 ? data.vocabulary[batch.corruptedIds[word.lowerBound - 1]] : "("
            return Example.Word(
                text: text, hasSpace: Self.hasSpace(between: before, and: text), isReplaced: word.contains(place),
                isMarked: word == marked)
        }
        return Example(
            words: text, original: data.vocabulary[batch.sequences.ids[place]], isFound: marked.contains(place),
            chance: 1 / Double(max(candidates.count, 1)))
    }

    /// The pieces between [CLS] and [SEP], grouped to words.
    private func joined(_ batch: MaskedBatch) -> [Range<Int>] {
        var words: [Range<Int>] = []
        for place in 1..<batch.sequences.tokenCount - 1 {
            if let last = words.last, data.vocabulary[batch.corruptedIds[place]].hasPrefix("##") {
                words[words.count - 1] = last.lowerBound..<place + 1
            } else {
                words.append(place..<place + 1)
            }
        }
        return words
    }

    private static func hasSpace(between before: String, and text: String) -> Bool {
        let sticksToTheWordBefore = text.count == 1 && ".,;:!?)]'’%".contains(text)
        let sticksToTheWordAfter = before.count == 1 && "([‘'’".contains(before)
        return !sticksToTheWordBefore && !sticksToTheWordAfter
    }

    private func withoutMark(_ id: Int32) -> String {
        let piece = data.vocabulary[id]
        return piece.hasPrefix("##") ? String(piece.dropFirst(2)) : piece
    }

    /// [CLS], the first sentence of which the start is seen and that is neither short nor long, [SEP].
    private func sentence(of ids: [Int32]) -> [Int32]? {
        // A sequence may start within a sentence; what follows a full stop is whole.
        var current: [Int32] = []
        var startIsSeen = false
        for id in ids {
            if id == data.vocabulary.classifier || id == data.vocabulary.separator {
                current = []
                startIsSeen = id == data.vocabulary.separator
                continue
            }
            current.append(id)
            guard [".", "!", "?"].contains(data.vocabulary[id]) else { continue }
            if startIsSeen && Self.sentenceLengths.contains(current.count) {
                return [data.vocabulary.classifier] + current + [data.vocabulary.separator]
            }
            current = []
            startIsSeen = true
        }
        return nil
    }

    /// Starts a word, with letters.
    private func isWord(_ id: Int32) -> Bool { data.vocabulary[id].allSatisfy(\.isLetter) }

    /// A word of one piece, of three letters or more.
    private func isWholeWord(_ sentence: [Int32], at place: Int) -> Bool {
        isWord(sentence[place]) && data.vocabulary[sentence[place]].count >= 3
            && !data.vocabulary[sentence[place + 1]].hasPrefix("##")
    }
}
