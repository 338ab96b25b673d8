import ElectraCorpus
import ElectraFineTuning
import ElectraHuggingFace
import ElectraSupport
import ElectraTraining
import Foundation
import TestSupport
import Testing

/// From a folder and texts to predictions: what Hugging Face transformers makes of the same tokens (Tests/Fixtures/README.md).
@Suite struct PredictionTests {
    @Test func labels() throws {
        let golden = try GoldenModel("golden-classification")
        let lines = try golden.sequences.map { try golden.texts($0).joined(separator: "\t") }
        let expected = try golden.rows("output.logits", of: 3).map(softmax)
        let predictions = try golden.predictions(ofLines: lines)
        #expect(predictions.failure == nil && predictions.list.count == lines.count)
        for (prediction, probabilities) in zip(predictions.list, expected) {
            for (name, probability) in zip(["no", "maybe", "yes"], probabilities) {
                let found = try #require(prediction.json["probabilities"]?[name]?.number)
                #expect(abs(found - probability) < 1e-5)
            }
            let best = try #require(probabilities.max())
            #expect(prediction.word == ["no", "maybe", "yes"][probabilities.firstIndex(of: best)!])
        }
    }

    /// A text alone has no second one, and takes no column for it.
    @Test func filesAndLinesAreTheSame() throws {
        let golden = try GoldenModel("golden-classification")
        let lines = (0..<100).map { number in
            (0...number % 9).map { GoldenModel.word(5 + (number * 7 + $0 * 11) % 56) }.joined(separator: " ")
        }
        let rows = lines.enumerated().map { "n\($0)\t\($1)\t\(["no", "yes"][$0 % 2])\n" }.joined()
        let path = try golden.place.write("examples.tsv", "id\ttext\tlabel\n" + rows)
        let words = try golden.predictions(ofLines: lines).list.map(\.word)
        for threads in [1, 3] {
            let found = try golden.predictions(ofFile: path, scored: true, threads: threads)
            #expect(found.list.map(\.word) == words && found.list.map(\.id) == (0..<100).map { "n\($0)" })
            let right = words.enumerated().count { $1 == ["no", "yes"][$0 % 2] }
            #expect(found.scores?["accuracy"] == Double(right) / 100 && found.cut == 0)
        }
        #expect(try golden.predictions(ofFile: path).scores == nil)
    }

    @Test func values() throws {
        let golden = try GoldenModel("golden-regression")
        let lines = try golden.sequences.map { try golden.texts($0).joined(separator: "\t") }
        let predictions = try golden.predictions(ofLines: lines).list
        let expected = try golden.rows("output.logits", of: 1).map { $0[0] }
        #expect(zip(predictions, expected).allSatisfy { abs($0.value! - $1) < 1e-4 })
        var writer = PredictionWriter(.glue)
        let glue = expected.enumerated().map { "\($0)\t\(String(format: "%.3f", $1))" }
        #expect(writer.lines(predictions) == ["index\tprediction"] + glue)
    }

    @Test func tags() throws {
        let golden = try GoldenModel("golden-tagging")
        let labels = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
        let logits = try golden.rows("output.logits", of: 5)
        let lines = try golden.sequences.map { try golden.texts($0)[0] }
        let predictions = try golden.predictions(ofLines: lines + [""]).list
        #expect(predictions.last?.words.isEmpty == true)
        for (number, line) in lines.enumerated() {
            let words = line.split(separator: " ").map(String.init)
            let tags = words.indices.map { word in
                let row = logits[number * golden.length + 1 + word]
                return labels[row.firstIndex(of: row.max()!)!]
            }
            #expect(predictions[number].words.map(\.word) == words && predictions[number].words.map(\.tag) == tags)
            #expect(predictions[number].word == tags.joined(separator: " "))
        }
    }

    /// Words have letters of two bytes, and answers stand at their characters.
    @Test func answers() throws {
        let golden = try GoldenModel("golden-answers")
        let (starts, ends) = (try golden.doubles("output.start_logits"), try golden.doubles("output.end_logits"))
        for (number, sequence) in try golden.sequences.enumerated() {
            let texts = try golden.texts(sequence)
            let (question, context) = (texts[0], texts[1])
            let words = context.split(separator: " ").map(String.init)
            let first = 2 + question.split(separator: " ").count
            func score(_ span: ClosedRange<Int>) -> Double {
                let row = number * golden.length + first
                return starts[row + span.lowerBound] + ends[row + span.upperBound]
            }
            let spans = words.indices.flatMap { from in (from..<words.count).map { from...$0 } }
            let best = try #require(spans.max { score($0) < score($1) })
            let odds = starts[number * golden.length] + ends[number * golden.length] - score(best)
            let line = JSON.object([("context", .text(context)), ("question", .text(question))]).compact
            let prediction = try #require(try golden.predictions(ofLines: ["", line]).list.first)
            #expect(prediction.word == words[best].joined(separator: " ") && prediction.id == "2")
            let start = try #require(prediction.json["start"]?.integer)
            let end = try #require(prediction.json["end"]?.integer)
            #expect(String(String.UnicodeScalarView(Array(context.unicodeScalars)[start..<end])) == prediction.word)
            #expect(prediction.word.utf8.count > end - start)
            #expect(abs(try #require(prediction.json["null_odds"]?.number) - odds) < 1e-4)
            for (threshold, answer) in [(odds - 0.01, ""), (odds + 0.01, prediction.word)] {
                golden.request.nullThreshold = threshold
                #expect(try golden.predictions(ofLines: [line]).list[0].word == answer)
            }
            golden.request.nullThreshold = nil
        }
    }

    @Test func aLineThatHoldsNoExampleIsTheLast() throws {
        let golden = try GoldenModel("golden-classification")
        let predictor = try golden.open(threads: 1).predictor.makeLinePredictor()
        func failure(_ line: [UInt8]) -> String? {
            let predictions = predictor.predictions(of: [[0x61], line, [0x62]], after: 64)
            #expect(predictions.list.count == 1)
            return predictions.failure?.description
        }
        #expect(
            failure(Array("a\tb\tc".utf8))
                == "standard input:66: more than one tab; expected a text, or two with a tab between them")
        #expect(failure([0xFF]) == "standard input:66: not UTF-8; convert it with iconv")
        #expect(failure([0]) == "standard input:66: a byte of zero, which no text has; mend the line")
        let answers = try GoldenModel("golden-answers")
        #expect(
            try answers.predictions(ofLines: ["[1]"]).failure?.description
                == "standard input:1: malformed JSON: expected { at byte 1; mend the line")
        #expect(
            try answers.predictions(ofLines: ["{\"question\": \"a\"}"]).failure?.description
                == "standard input:1: no column \"context\"; it has: question")
    }

    @Test func longTextsAreCut() throws {
        let golden = try GoldenModel("golden-classification")
        let long = Array(repeating: GoldenModel.word(7), count: 30).joined(separator: " ")
        #expect(try golden.predictions(ofLines: ["a", long, long]).cut == 2)
        #expect(try golden.open(threads: 1).predictor.maximumLength == 13)
        golden.request.maxLength = 9
        #expect(try golden.open(threads: 1).predictor.maximumLength == 9)
    }

    @Test func whatCannotPredictIsRefused() throws {
        func refusal(_ golden: GoldenModel, _ kind: Failure.Kind) throws -> String {
            let failure = try #require(throws: Failure.self) { _ = try golden.open(threads: 1) }
            #expect(failure.kind == kind)
            return failure.description.replacing(golden.place.path + "/", with: "")
        }
        let several = try GoldenModel("golden-classification") {
            $0.replacing("single_label_classification", with: "multi_label_classification")
        }
        #expect(try refusal(several, .badData).contains("model/config.json: expected one label or one number a text"))
        let numbers = try GoldenModel("golden-classification") {
            $0.replacing("single_label_classification", with: "regression")
        }
        #expect(try refusal(numbers, .badData).contains("a text has 3 numbers"))
        let plain = try GoldenModel("golden-classification") {
            $0.replacing("ElectraForSequenceClassification", with: "ElectraForPreTraining")
        }
        #expect(try refusal(plain, .usage).hasPrefix("model: a discriminator, which was not fine-tuned for a task; "))
        let golden = try GoldenModel("golden-tagging")
        golden.request.format = .glue
        #expect(
            try refusal(golden, .usage)
                == "--format glue: model is a model for tagging, which has jsonl, tsv, conll")
        golden.request.format = nil
        golden.request.task = "sst2"
        #expect(
            try refusal(golden, .usage)
                == "--task sst2: a task of classification, and model is a model for tagging")
        golden.request.task = nil
        golden.request.nullThreshold = 1
        #expect(
            try refusal(golden, .usage) == "--null-threshold: model is a model for tagging, and answers no questions")
        golden.request.nullThreshold = nil
        golden.request.maxLength = 3
        #expect(try refusal(golden, .usage) == "--max-length 3: expected 8 to 1048576")
        golden.request.maxLength = nil
        try FileManager.default.removeItem(atPath: golden.place.file("model/vocab.txt"))
        try FileManager.default.removeItem(atPath: golden.place.file("model/tokenizer.json"))
        #expect(try refusal(golden, .badData).hasPrefix("model: neither vocab.txt nor tokenizer.json in it"))
    }

    private func softmax(_ logits: [Double]) -> [Double] {
        let powers = logits.map { exp($0) }
        return powers.map { $0 / powers.reduce(0, +) }
    }
}

/// A case folder with a made-up vocabulary, so that there are texts of its tokens.
private final class GoldenModel {
    let place: Workplace
    let length: Int
    var request: PredictionRequest
    private let golden: SafetensorsFile

    init(_ name: String, _ configure: (String) -> String = { $0 }) throws {
        let fixture = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/\(name)").standardized
        place = try Workplace()
        golden = try SafetensorsFile(path: fixture.appending(path: "golden.safetensors").path)
        length = try golden.tensor("input.ids").shape[1]
        try place.write(
            "model/model.safetensors", Array(Data(contentsOf: fixture.appending(path: "model.safetensors"))))
        let configuration = try String(contentsOf: fixture.appending(path: "config.json"), encoding: .utf8)
        try place.write("model/config.json", configure(configuration))
        let pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + (5..<61).map(Self.word)
        try TokenizerFiles(
            vocabulary: Vocabulary(pieces: pieces, name: "made up"), rules: TextRules(cased: true, stripAccents: nil)
        ).write(to: place.file("model"))
        request = PredictionRequest(model: place.file("model"))
    }

    static func word(_ id: Int) -> String { "é\(id)" }

    var sequences: [[Int]] {
        get throws {
            let ids = try golden.integers("input.ids")
            return stride(from: 0, to: ids.count, by: length).map { Array(ids[$0..<$0 + length]) }
        }
    }

    /// What is between [CLS] and [SEP], and [SEP] and [SEP].
    func texts(_ ids: [Int]) throws -> [String] {
        let parts = ids.dropFirst().split(separator: 3, omittingEmptySubsequences: false).dropLast()
        return parts.map { $0.map(Self.word).joined(separator: " ") }
    }

    func doubles(_ name: String) throws -> [Double] { try golden.doubles(name) }

    func rows(_ name: String, of width: Int) throws -> [[Double]] {
        let values = try golden.doubles(name)
        return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
    }

    func open(threads: Int) throws -> OpenedModel {
        let pool = try LanePool(count: threads)
        defer { pool.stop() }
        return try request.open(pool)
    }

    func predictions(ofLines lines: [String]) throws -> Predictions {
        try open(threads: 1).predictor.makeLinePredictor().predictions(of: lines.map { Array($0.utf8) }, after: 0)
    }

    func predictions(ofFile path: String, scored: Bool = false, threads: Int = 1) throws -> Predictions {
        let pool = try LanePool(count: threads)
        defer { pool.stop() }
        return try request.open(pool).predictor.predictions(ofFile: path, scored: scored)
    }
}
