/// What a published model came to on the development sets, in percent.
package struct PublishedScores: Sendable {
    package let model: String
    private let scores: [String: Double]

    private init(_ model: String, _ scores: [Double]) {
        self.model = model
        self.scores = Dictionary(uniqueKeysWithValues: zip(Self.tasks, scores))
    }

    package subscript(task: String) -> Double? { scores[task] }

    private static let tasks = ["cola", "sst2", "mrpc", "stsb", "qqp", "mnli", "qnli", "rte", "squad"]

    /// Medians over many seeds, of Matthews' correlation for CoLA, Spearman's for STS-B, exact matches for SQuAD 1.1, and
    /// accuracies (README.md of google-research/electra, "Expected results").
    package static let all = [
        PublishedScores("ELECTRA-Small-OWT", [56.8, 88.3, 87.4, 86.8, 88.3, 78.9, 87.9, 68.5]),
        PublishedScores("ELECTRA-Small", [57.0, 91.2, 88.0, 87.5, 89.0, 81.3, 88.4, 66.7, 75.8]),
        PublishedScores("ELECTRA-Base", [67.7, 95.1, 89.5, 91.2, 91.5, 88.8, 93.2, 82.7, 86.8]),
        PublishedScores("ELECTRA-Large", [69.1, 96.9, 90.8, 92.6, 92.4, 90.9, 95.0, 88.0, 89.7]),
    ]

    /// Of models whose single scores are not told: averages over the eight of GLUE that are without WNLI (K. Clark et al.,
    /// "ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators", 2020, table 1).
    package static let averages = [(model: "BERT-Small", score: 75.1), (model: "BERT-Base", score: 82.2)]
}
