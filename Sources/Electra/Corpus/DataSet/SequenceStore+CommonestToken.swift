extension SequenceStore {
    /// The share of the commonest token, [CLS] and [SEP] left out, in the first sequences: what a masked language model
    /// guesses rightly that knows only how frequent tokens are.
    package func shareOfCommonestToken(_ vocabulary: Vocabulary, mostSequences: Int = .max) -> Double {
        var counts = [Int](repeating: 0, count: vocabulary.count)
        for index in 0..<min(count, mostSequences) {
            // Who computes with what was damaged since it was opened says so.
            guard let sequence = try? sequence(index) else { continue }
            for id in sequence.ids { counts[Int(id)] += 1 }
        }
        for id in [vocabulary.classifier, vocabulary.separator] { counts[Int(id)] = 0 }
        let all = counts.reduce(0, +)
        return Double(counts.max() ?? 0) / Double(max(all, 1))
    }
}
