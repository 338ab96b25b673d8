import Testing

@testable import ElectraInference

@Suite struct SuspicionSummaryTests {
    @Test(arguments: [
        (
            [0.1, 0.12, 0.11, 0.1, 0.1, 0.12, 0.13, 0.1] as [Float], 0.5 as Float,
            "between 0.1 and 0.13, hardly one more"
        ),
        // Two words say nothing of a model.
        ([0.1, 0.12], 0.5, "between 0.1 and 0.12: the text may be as it was"),
        (
            [0.001, 0.31, 0.02, 0.01, 0.1, 0.1, 0.1, 0.1], 0.5,
            "between 0.001 and 0.31: the text may be as it was; a lower --threshold"
        ),
        ([0.2, 0.8, 0.85], 0.9, "a probability of 0.9 or more"),
        ([0.2, 0.5], 0.5, nil), ([0.2, 0.8], 0.5, nil), ([], 0.5, nil),
    ])
    func nothingMarkedIsExplained(probabilities: [Float], threshold: Float, words: String?) throws {
        // As batches come in.
        var summary = SuspicionSummary()
        for probability in probabilities { summary.add(SuspicionSummary(probabilities: [probability])) }
        let note = summary.noteIfNothingIsMarked(threshold: threshold)
        #expect((note == nil) == (words == nil))
        if let words { #expect(try #require(note).contains(words), "\(note ?? "")") }
    }
}
