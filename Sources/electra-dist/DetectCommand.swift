import ArgumentParser
import ElectraCorpus
import ElectraHuggingFace
import ElectraInference
import ElectraSupport

struct DetectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect",
        abstract: "Marks the words of a text that look replaced, with a trained discriminator.",
        discussion: """
            Prints each text with the suspicious tokens in red, or in >>marks<< where the output is no terminal. --json \
            prints one object a text with every token: its characters (start, end), its logit and its probability. Where \
            nothing is marked in any text, a note says how suspicious the tokens look at most.

              electra-dist detect --model model --text "the cat sat on the moon"
              electra-dist detect --model model --json < sentences.txt > verdicts.jsonl
            """)

    @OptionGroup var inference: InferenceOptions

    @Option(help: ArgumentHelp("Tokens at least this likely to be replaced are marked.", valueName: "probability"))
    var threshold: Float = 0.5

    @Flag(help: "Print one JSON object a text.")
    var json = false

    func validate() throws {
        guard (0...1).contains(threshold) else {
            throw ValidationError("--threshold \(threshold): expected a probability, from 0 to 1")
        }
    }

    func run() throws {
        try runAsOneProcess { () throws(Failure) in
            let network = try PretrainedNetwork(inference.model, network: .discriminator)
            let (json, threshold) = (json, threshold)
            var suspicion = SuspicionSummary()
            var unknown = UnknownTally()
            try inference.forEachBatch(
                makeWorker: { ReplacementDetector(network) },
                work: { detector, texts in
                    let detections = detector.detect(texts)
                    let lines = detections.map {
                        json
                            ? Self.object($0, network.vocabulary, threshold: threshold).compact
                            : Self.marked($0, threshold: threshold)
                    }.joined(separator: "\n")
                    return DetectedBatch(
                        lines: lines, suspicion: SuspicionSummary(detections),
                        unknown: UnknownTally(detections.map { $0.tokens.map(\.id) }, network.vocabulary))
                },
                consume: { (batch: DetectedBatch) throws(Failure) in
                    suspicion.add(batch.suspicion)
                    unknown += batch.unknown
                    try StandardOutput.printNow(batch.lines)
                })
            // Whoever reads JSON sees every probability.
            if !json, let note = suspicion.noteIfNothingIsMarked(threshold: threshold) { ProgressLine.note(note) }
            if let note = unknown.note(UnknownTally.remedyForModels) { ProgressLine.note(note) }
        }
    }

    private static func object(_ detection: Detection, _ vocabulary: Vocabulary, threshold: Float) -> JSON {
        let places = CharacterPlaces(detection.text)
        return [
            "text": .text(String(decoding: detection.text, as: UTF8.self)),
            "tokens": .list(
                detection.tokens.map {
                    [
                        "token": .text(vocabulary[$0.id]), "start": .integer(places[$0.span.lowerBound]),
                        "end": .integer(places[$0.span.upperBound]), "logit": .float($0.logit),
                        "probability": .float($0.probability), "replaced": .flag($0.probability >= threshold),
                    ]
                }),
        ]
    }

    /// The text as it was; suspicious pieces that touch are marked as one.
    private static func marked(_ detection: Detection, threshold: Float) -> String {
        var marked = ""
        var end = 0
        var spans: [Range<Int>] = []
        for token in detection.tokens where token.probability >= threshold {
            if let last = spans.last, token.span.lowerBound <= last.upperBound {
                spans[spans.count - 1] = last.lowerBound..<max(last.upperBound, token.span.upperBound)
            } else {
                spans.append(token.span)
            }
        }
        func text(_ range: Range<Int>) -> String { String(decoding: detection.text[range], as: UTF8.self) }
        for span in spans {
            marked += text(end..<span.lowerBound) + Highlight.marked(text(span))
            end = span.upperBound
        }
        return marked + text(end..<detection.text.count)
    }
}

private struct DetectedBatch: Sendable {
    let lines: String
    let suspicion: SuspicionSummary
    let unknown: UnknownTally
}
