public import ArgumentParser
import ElectraCorpus
import ElectraFineTuning
public import ElectraInference
import ElectraKernels
import ElectraSupport

extension TextScorer.Basis: ExpressibleByArgument {}

struct ScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Scores texts, and tells the better one of two, with a trained model as it is.",
        discussion: """
            Prints the score of each text and the text, with a TAB between them; a text that looks more like those of the \
            training has a higher one. --json prints one object a text, with every token: its characters (start, end) and its \
            score. Scores are sums over tokens, of natural logarithms: longer texts have lower ones, and score_per_token is for \
            texts of different lengths.

              electra-dist score --model model --text "the cat sat on the mat"

            --by says what the score of a token is, with p its probability from the generator, to whom the token and the rest of \
            its word are masked, and z its logit from the discriminator, positive where it looks replaced:

              discriminator   -log(1 + exp(z)), that it was not replaced; one pass a text
              generator       log p, the pseudo-log-likelihood; one pass a token
              both            log p - log(1 + exp(z)), the product of these two
              ratio           log p - z, the generator's, corrected by the discriminator

            --pairs reads two texts at a time of which the first is right, and counts how often it has the higher score; a tie \
            counts as half. The table has the accuracy and its standard error of every phenomenon, their mean, and those of all \
            pairs. Files are BLiMP's JSON lines (sentence_good, sentence_bad, and UID or linguistics_term), or TSV with the columns \
            good and bad, and phenomenon where they have one; the header may be missing where there are these two alone.

              electra-dist score --model model --pairs blimp/data --by generator
            """)

    @OptionGroup var inference: InferenceOptions

    @Option(
        name: .customLong("by"),
        help: ArgumentHelp(
            "What scores: discriminator, generator, both or ratio; the discriminator if not given, where there is one.",
            valueName: "basis"))
    var basis: TextScorer.Basis?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Files of pairs, or folders, for all .jsonl and .tsv in them.", valueName: "path"),
        completion: .file())
    var pairs: [String] = []

    @Flag(help: "Of two texts, score only the tokens between the beginning and the end that they share.")
    var whereTheyDiffer = false

    @Flag(help: "Print one JSON object a text; of pairs, one object.")
    var json = false

    func validate() throws {
        if !pairs.isEmpty && !inference.text.isEmpty {
            throw ValidationError(
                "--pairs: reads its texts from files, and --text was given, too; leave one of them out")
        }
        if whereTheyDiffer && pairs.isEmpty {
            throw ValidationError("--where-they-differ: tells two texts apart; give it with --pairs")
        }
    }

    func run() throws {
        try runAsOneProcess { () throws(Failure) in
            let networks = try ScoringNetworks(inference.model, by: basis)
            let unknown = try pairs.isEmpty ? scoreTexts(networks) : scorePairs(networks)
            if let note = unknown.note(UnknownTally.remedyForModels) { ProgressLine.note(note) }
        }
    }

    private func scoreTexts(_ networks: ScoringNetworks) throws(Failure) -> UnknownTally {
        let json = json
        var unknown = UnknownTally()
        try inference.forEachBatch(
            makeWorker: { TextScorer(networks) },
            work: { scorer, texts in
                let scores = scorer.score(texts)
                let lines = scores.map { json ? Self.object($0, networks.vocabulary).compact : Self.line($0) }
                return (
                    lines.joined(separator: "\n"),
                    UnknownTally(scores.map { $0.tokens.map(\.id) }, networks.vocabulary)
                )
            },
            consume: { (result: (lines: String, unknown: UnknownTally)) throws(Failure) in
                try StandardOutput.printNow(result.lines)
                unknown += result.unknown
            })
        return unknown
    }

    private static func line(_ text: TextScore) -> String {
        "\(decimal(text.score, 4))\t\(String(decoding: text.text, as: UTF8.self))"
    }

    private static func object(_ text: TextScore, _ vocabulary: Vocabulary) -> JSON {
        let places = CharacterPlaces(text.text)
        return [
            "text": .text(String(decoding: text.text, as: UTF8.self)), "score": .rounded(text.score),
            "score_per_token": .rounded(text.scorePerToken),
            "tokens": .list(
                text.tokens.map {
                    [
                        "token": .text(vocabulary[$0.id]), "start": .integer(places[$0.span.lowerBound]),
                        "end": .integer(places[$0.span.upperBound]), "score": .rounded($0.score),
                    ]
                }),
        ]
    }

    // MARK: Pairs

    /// Pairs that a thread takes at a time: always the same ones together, whoever takes them.
    private static let pairsAtOnce = 32

    private func scorePairs(_ networks: ScoringNetworks) throws(Failure) -> UnknownTally {
        let whereTheyDiffer = whereTheyDiffer
        var reader = try MinimalPairReader(pairs)
        var accuracies = PairAccuracies()
        var unknown = UnknownTally()
        let threads = try inference.threading.count()
        try MatrixLibrary.requireMemory(threads: threads)
        let progress = ProgressLine("scoring")
        defer { progress.finish() }
        try OrderedPipeline.run(
            threads: threads, makeWorker: { TextScorer(networks) },
            next: { () throws(Failure) in try reader.next(Self.pairsAtOnce) },
            work: { scorer, pairs in
                let scores = scorer.score(pairs.flatMap { [$0.good, $0.bad] })
                return ScoredPairs(
                    scores: pairs.indices.map {
                        MinimalPairScore(
                            good: scores[2 * $0], bad: scores[2 * $0 + 1], whereTheyDiffer: whereTheyDiffer)
                    }, phenomena: pairs.map(\.phenomenon),
                    unknown: UnknownTally(scores.map { $0.tokens.map(\.id) }, networks.vocabulary))
            },
            consume: { (batch: ScoredPairs) throws(Failure) in
                for (pair, phenomenon) in zip(batch.scores, batch.phenomena) { accuracies.add(pair, of: phenomenon) }
                unknown += batch.unknown
                progress.update(fraction: reader.share, detail: counted(accuracies.overall.pairs, "pair"))
            })
        progress.finish()
        print(json ? PairReport(accuracies).json(networks.basis).pretty : PairReport(accuracies).table)
        return unknown
    }
}

private struct ScoredPairs: Sendable {
    let scores: [MinimalPairScore]
    let phenomena: [String]
    let unknown: UnknownTally
}

/// What is told of pairs.
private struct PairReport {
    private let accuracies: PairAccuracies

    init(_ accuracies: PairAccuracies) { self.accuracies = accuracies }

    var table: String {
        let (phenomena, overall, mean) = (accuracies.phenomena, accuracies.overall, accuracies.mean)
        let title = "mean over \(counted(phenomena.count, "phenomenon", several: "phenomena"))"
        let width = (phenomena.map(\.name) + [title]).map(\.count).max()!
        func line(_ name: String, _ pairs: String, _ accuracy: String, _ error: String) -> String {
            func right(_ text: String, _ width: Int) -> String {
                String(repeating: " ", count: max(0, width - text.count)) + text
            }
            return name + String(repeating: " ", count: width - name.count) + right(pairs, 9) + right(accuracy, 10)
                + right(error, 16)
        }
        func line(_ group: PairAccuracies.Group) -> String {
            line(group.name, "\(group.pairs)", decimal(group.accuracy, 4), decimal(group.standardError, 4))
        }
        var lines = [line("phenomenon", "pairs", "accuracy", "standard error")] + phenomena.map(line)
        lines.append(line(title, "", decimal(mean.accuracy, 4), decimal(mean.standardError, 4)))
        lines.append(line(overall))
        if overall.ties > 0 { lines.append("\(counted(overall.ties, "tie")), counted as half") }
        return lines.joined(separator: "\n")
    }

    func json(_ basis: TextScorer.Basis) -> JSON {
        func members(_ group: PairAccuracies.Group) -> [(key: String, value: JSON)] {
            [
                (key: "pairs", value: .integer(group.pairs)), (key: "ties", value: .integer(group.ties)),
                (key: "accuracy", value: .rounded(group.accuracy)),
                (key: "standard_error", value: .rounded(group.standardError)),
            ]
        }
        let phenomena = accuracies.phenomena.map { group in
            JSON.object([(key: "phenomenon", value: .text(group.name))] + members(group))
        }
        return [
            "by": .text(basis.rawValue), "phenomena": .list(phenomena),
            "mean": [
                "accuracy": .rounded(accuracies.mean.accuracy),
                "standard_error": .rounded(accuracies.mean.standardError),
            ],
            "overall": .object(members(accuracies.overall)),
        ]
    }
}
