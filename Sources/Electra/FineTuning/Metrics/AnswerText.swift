/// An answer against the right ones, as SQuAD's official scripts compare them (evaluate-v1.1.py, Rajpurkar et al. 2016;
/// evaluate-v2.0.py, Rajpurkar, Jia et al. 2018). Texts are read scalar by scalar, as Python does: an accent on a
/// letter of its own is not part of it.
package enum AnswerText {
    typealias Word = [Unicode.Scalar]

    /// In lower case, without punctuation and articles, a single space between words.
    package static func normalized(_ text: String) -> String {
        var normalized = String.UnicodeScalarView()
        for (index, word) in words(text).enumerated() {
            if index > 0 { normalized.append(" ") }
            normalized.append(contentsOf: word)
        }
        return String(normalized)
    }

    /// Whether it is one of the right answers, once both are normalised.
    package static func exactMatch(_ prediction: String, _ golds: [String]) -> Bool {
        let predicted = words(prediction)
        return golds.contains { words($0) == predicted }
    }

    /// 2 precision recall / (precision + recall) of the words, which count as often as they stand; the largest of all
    /// right answers, and 0 where there is none. Two answers without any word have `bothEmpty`: 1 by evaluate-v2.0, in
    /// which "" says that there is no answer, and 0 by evaluate-v1.1.
    package static func f1(_ prediction: String, _ golds: [String], bothEmpty: Double = 1) -> Double {
        let predicted = words(prediction)
        return golds.map { f1(predicted, words($0), bothEmpty: bothEmpty) }.max() ?? 0
    }

    private static func f1(_ predicted: [Word], _ gold: [Word], bothEmpty: Double) -> Double {
        if predicted.isEmpty && gold.isEmpty { return bothEmpty }
        var left: [Word: Int] = [:]
        for word in gold { left[word, default: 0] += 1 }
        var same = 0
        for word in predicted {
            guard let count = left[word], count > 0 else { continue }
            left[word] = count - 1
            same += 1
        }
        if same == 0 { return 0 }
        // In the order of the scripts' operations, so that sums of it have their bits.
        let precision = Double(same) / Double(predicted.count)
        let recall = Double(same) / Double(gold.count)
        return 2 * precision * recall / (precision + recall)
    }

    /// What is left of a text, cut at white space: two texts have the same words where they are normalised to the same
    /// one.
    static func words(_ text: String) -> [Word] {
        let kept = lowercased(Array(text.unicodeScalars)).filter { !$0.isASCIIPunctuation }
        var words: [Word] = []
        var word: Word = []
        func finish() {
            if !word.isEmpty { words.append(word) }
            word = []
        }
        // Where letters begin and end are the bounds (\b) between which an article is one, also in the middle of a
        // word: before an accent of its own, or a dash that is not ASCII's.
        var start = kept.startIndex
        while start < kept.endIndex {
            let letters = kept[start...].prefix(while: \.isAlphanumeric)
            if articles.contains(letters) { finish() } else { word += letters }
            start = letters.endIndex
            if start == kept.endIndex { break }
            if kept[start].isPythonSpace { finish() } else { word.append(kept[start]) }
            start += 1
        }
        finish()
        return words
    }

    private static let articles: Set<ArraySlice<Unicode.Scalar>> = [["a"], ["a", "n"], ["t", "h", "e"]]

    /// Python's `lower`, and Swift's but for a sigma at the end of a word (The Unicode Standard 3.13, Final_Sigma).
    private static func lowercased(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        func isCased(_ around: some Sequence<Unicode.Scalar>) -> Bool {
            around.first { !$0.properties.isCaseIgnorable }?.properties.isCased ?? false
        }
        return scalars.indices.flatMap { index -> [Unicode.Scalar] in
            guard scalars[index] == "Σ" else { return Array(scalars[index].properties.lowercaseMapping.unicodeScalars) }
            let isFinal = isCased(scalars[..<index].reversed()) && !isCased(scalars[(index + 1)...])
            return isFinal ? ["ς"] : ["σ"]
        }
    }
}

extension Unicode.Scalar {
    /// One of Python's `string.punctuation`.
    fileprivate var isASCIIPunctuation: Bool {
        switch self {
        case "!"..."/", ":"..."@", "["..."`", "{"..."~": true
        default: false
        }
    }

    /// Python's `isalnum`: what its \w stands for, but for the underscore, which is punctuation and gone.
    fileprivate var isAlphanumeric: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: properties.numericType != nil
        }
    }

    /// Python's `isspace`, at which `split` cuts: white space and four separators of information.
    fileprivate var isPythonSpace: Bool { properties.isWhitespace || ("\u{1C}"..."\u{1F}").contains(self) }
}
