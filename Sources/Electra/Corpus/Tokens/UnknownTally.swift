import ElectraSupport

/// How many words of a few texts are [UNK], counted from their tokens; for commands that go on in any case.
package struct UnknownTally: Sendable {
    /// Share of the words above which what comes out says little of the text.
    private static let noted = 0.30

    private var words = 0
    private var unknown = 0

    package init() {}

    package init(_ texts: some Sequence<some Sequence<Int32>>, _ vocabulary: Vocabulary) {
        for ids in texts { add(ids, vocabulary) }
    }

    package mutating func add(_ ids: some Sequence<Int32>, _ vocabulary: Vocabulary) {
        let ends = [vocabulary.classifier, vocabulary.separator]
        for id in ids where !ends.contains(id) {
            if id == vocabulary.unknown { unknown += 1 }
            if !vocabulary.continuesWord(id) { words += 1 }
        }
    }

    package static func += (sum: inout UnknownTally, other: UnknownTally) {
        sum.words += other.words
        sum.unknown += other.unknown
    }

    package func note(_ remedy: String) -> String? {
        guard Double(unknown) > Self.noted * Double(words) else { return nil }
        let share = decimal(100 * Double(unknown) / Double(words), 0)
        return
            "note: \(unknown) of \(counted(words, "word")) (\(share) %) are [UNK], for which there are no pieces; \(remedy)"
    }

    /// For commands that take the vocabulary and the rules from a model.
    package static let remedyForModels = "is this the language that the model was trained on?"
}
