import ElectraFineTuning
import ElectraSupport
import Testing

/// Predictions are written as those who take them expect it.
@Suite struct PredictionFormatTests {
    private static let predictions: [Prediction] = {
        var number = Prediction(id: nil, [("value", .float(2.25))], word: "2.25")
        number.value = 2.25
        var tagged = Prediction(id: "b\tc", [("tags", ["O", "B-X"])], word: "O B-X")
        tagged.words = [("New\nYork", "O"), ("é", "B-X")]
        return [Prediction(id: "a", [("label", "yes")], word: "yes"), number, tagged]
    }()

    /// One at a time, or all at once.
    private func lines(_ format: PredictionFormat, _ predictions: [Prediction] = predictions) -> [String] {
        var (whole, parts) = (PredictionWriter(format), PredictionWriter(format))
        let atOnce = whole.lines(predictions) + whole.closing()
        let single = predictions.flatMap { parts.lines([$0]) + parts.lines([]) } + parts.closing()
        #expect(atOnce == single)
        return atOnce
    }

    @Test func jsonLines() {
        #expect(
            lines(.jsonl) == [
                #"{"id": "a", "label": "yes"}"#, #"{"value": 2.25}"#, #"{"id": "b\tc", "tags": ["O", "B-X"]}"#,
            ])
        #expect(lines(.jsonl, []) == [])
    }

    @Test func tabSeparated() {
        #expect(lines(.tsv) == ["a\tyes", "2\t2.25", "b c\tO B-X"])
    }

    @Test func glue() {
        #expect(lines(.glue) == ["index\tprediction", "0\tyes", "1\t2.250", "2\tO B-X"])
        #expect(lines(.glue, []) == ["index\tprediction"])
    }

    @Test func conll() {
        #expect(
            lines(.conll, [Self.predictions[2], Self.predictions[2]]) == [
                "New York\tO", "é\tB-X", "", "New York\tO", "é\tB-X", "",
            ])
    }

    @Test func squad() throws {
        let text = lines(.squad).joined(separator: "\n")
        #expect(text == "{\n  \"a\": \"yes\",\n  \"2\": \"2.25\",\n  \"b\\tc\": \"O B-X\"\n}")
        #expect(lines(.squad, []) == ["{", "}"])
    }
}
