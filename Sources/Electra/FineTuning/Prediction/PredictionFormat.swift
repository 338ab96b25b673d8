import ElectraSupport

/// How predictions are written.
package enum PredictionFormat: String, Sendable, CaseIterable {
    /// A JSON object a line, with all that is known.
    case jsonl
    /// The id of an example, or its number from 1; a tab; what was predicted.
    case tsv
    /// As GLUE takes them: a header, then numbers from 0, a tab, the label.
    case glue
    /// A word, a tab and its tag a line, a blank line after each sentence.
    case conll
    /// One JSON object with an answer for each id, as SQuAD's scripts take it.
    case squad
}

/// Turns predictions into lines, a few at a time.
package struct PredictionWriter {
    private let format: PredictionFormat
    private var isOpen = false
    private var count = 0
    /// A line that a comma comes after, if another one follows.
    private var pending: String?

    package init(_ format: PredictionFormat) { self.format = format }

    package mutating func lines(_ predictions: [Prediction]) -> [String] {
        var lines = opening()
        for prediction in predictions {
            add(prediction, to: &lines)
            count += 1
        }
        return lines
    }

    /// What comes after the last prediction.
    package mutating func closing() -> [String] {
        var lines = opening()
        if let pending { lines.append(pending) }
        if format == .squad { lines.append("}") }
        return lines
    }

    private mutating func opening() -> [String] {
        defer { isOpen = true }
        switch format {
        case _ where isOpen: return []
        case .glue: return ["index\tprediction"]
        case .squad: return ["{"]
        case .jsonl, .tsv, .conll: return []
        }
    }

    private mutating func add(_ prediction: Prediction, to lines: inout [String]) {
        switch format {
        case .jsonl: lines.append(prediction.json.compact)
        case .tsv: lines.append("\(Self.field(prediction.id ?? "\(count + 1)"))\t\(Self.field(prediction.word))")
        case .glue: lines.append("\(count)\t\(prediction.value.map { decimal($0, 3) } ?? Self.field(prediction.word))")
        case .conll: lines += prediction.words.map { "\(Self.field($0.word))\t\(Self.field($0.tag))" } + [""]
        case .squad:
            if let pending { lines.append(pending + ",") }
            pending = "  \(JSON.quoted(prediction.id ?? "\(count + 1)")): \(JSON.quoted(prediction.word))"
        }
    }

    /// Tabs and line breaks would end it.
    private static func field(_ text: String) -> String {
        guard text.utf8.contains(where: { (0x09...0x0D).contains($0) }) else { return text }
        return String(decoding: text.utf8.map { (0x09...0x0D).contains($0) ? 0x20 : $0 }, as: UTF8.self)
    }
}
