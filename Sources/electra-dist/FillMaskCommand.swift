import ArgumentParser
import ElectraCorpus
import ElectraHuggingFace
import ElectraInference
import ElectraSupport
import Foundation

struct FillMaskCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fill-mask",
        abstract: "Guesses the words at [MASK], with a trained generator.",
        discussion: """
            Prints each text and below it the likeliest tokens for each [MASK]. --json prints one object a text.

              electra-dist fill-mask --model model --text "the cat sat on the [MASK]."
            """)

    @OptionGroup var inference: InferenceOptions

    @Option(help: ArgumentHelp("Guesses for each [MASK].", valueName: "count"))
    var top = 5

    @Flag(help: "Print one JSON object a text.")
    var json = false

    func validate() throws {
        guard top > 0 else { throw ValidationError("--top \(top): expected 1 or more") }
    }

    func run() throws {
        try runAsOneProcess { () throws(Failure) in
            let network = try PretrainedNetwork(inference.model, network: .generator)
            let (json, top) = (json, top)
            if let text = inference.text.first(where: { !$0.contains("[MASK]") }) {
                throw .usage("--text \"\(text)\": no [MASK] in it; put [MASK] where a word is to be guessed")
            }
            var unknown = UnknownTally()
            try inference.forEachBatch(
                makeWorker: { MaskFiller(network, count: top) },
                work: { filler, texts in
                    let filled = filler.fill(texts)
                    let lines = filled.map {
                        json ? Self.object($0, network.vocabulary).compact : Self.list($0, network.vocabulary)
                    }.joined(separator: "\n")
                    return (lines, UnknownTally(filled.map(\.ids), network.vocabulary))
                },
                consume: { (result: (lines: String, unknown: UnknownTally)) throws(Failure) in
                    try StandardOutput.printNow(result.lines)
                    unknown += result.unknown
                })
            if let note = unknown.note(UnknownTally.remedyForModels) { ProgressLine.note(note) }
        }
    }

    private static func object(_ filled: FilledText, _ vocabulary: Vocabulary) -> JSON {
        let places = CharacterPlaces(filled.text)
        return [
            "text": .text(String(decoding: filled.text, as: UTF8.self)),
            "masks": .list(
                filled.masks.map { mask in
                    [
                        "start": .integer(places[mask.span.lowerBound]), "end": .integer(places[mask.span.upperBound]),
                        "predictions": .list(
                            mask.guesses.map {
                                [
                                    "token": .text(vocabulary[$0.id]), "id": .integer(Int($0.id)),
                                    "logit": .float($0.logit), "probability": .float($0.probability),
                                ]
                            }),
                    ]
                }),
        ]
    }

    private static func list(_ filled: FilledText, _ vocabulary: Vocabulary) -> String {
        var lines = [String(decoding: filled.text, as: UTF8.self)]
        for (number, mask) in filled.masks.enumerated() {
            if filled.masks.count > 1 { lines.append("  [MASK] number \(number + 1)") }
            lines += mask.guesses.map { String(format: "  %5.1f %%  ", 100 * $0.probability) + vocabulary[$0.id] }
        }
        return lines.joined(separator: "\n")
    }
}
