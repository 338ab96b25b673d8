/// Cuts a text at its added words, as Hugging Face `tokenizers` does (added_vocabulary.rs): first at those that are looked
/// for in the text as it is, then, in what is between, at those that are looked for after normalisation.
///
/// Of words that begin at one place the longest is taken, and words never overlap. Only vocabularies that have such words
/// pay for this.
struct AddedWordCutter: Sendable {
    enum Part: Equatable {
        case text(Range<Int>)
        case word(Int32, Range<Int>)
    }

    private let rules: TextRules
    private let literal: [Pattern]
    private let normalized: [Pattern]

    private struct Pattern {
        let bytes: [UInt8]
        let word: AddedWord
    }

    /// nil where there are no words.
    init?(_ words: [AddedWord], _ rules: TextRules) {
        if words.isEmpty { return nil }
        self.rules = rules
        func patterns(_ isNormalized: Bool) -> [Pattern] {
            words.filter { $0.isNormalized == isNormalized }
                .map { word in
                    let bytes = Array(word.text.utf8)
                    return Pattern(bytes: isNormalized ? NormalizedText(bytes[...], rules).bytes : bytes, word: word)
                }
                .filter { !$0.bytes.isEmpty }
                .sorted { $0.bytes.count > $1.bytes.count }
        }
        literal = patterns(false)
        normalized = patterns(true)
    }

    /// The parts of a text, in order; none is empty.
    func parts(of text: [UInt8]) -> [Part] {
        var parts: [Part] = []
        for part in Self.parts(of: text[...], at: literal) {
            guard case .text(let range) = part, !normalized.isEmpty else {
                parts.append(part)
                continue
            }
            let clean = NormalizedText(text[range], rules)
            var start = range.lowerBound
            for case .word(let id, let found) in Self.parts(of: clean.bytes[...], at: normalized) {
                let taken = clean.characters(of: found)
                if start < taken.lowerBound { parts.append(.text(start..<taken.lowerBound)) }
                parts.append(.word(id, clean.source(of: found)))
                start = taken.upperBound
            }
            if start < range.upperBound { parts.append(.text(start..<range.upperBound)) }
        }
        return parts
    }

    private static func parts(of text: ArraySlice<UInt8>, at patterns: [Pattern]) -> [Part] {
        var parts: [Part] = []
        var done = text.startIndex
        var place = text.startIndex
        var starts = [Bool](repeating: false, count: 256)
        for pattern in patterns { starts[Int(pattern.bytes[0])] = true }
        while place < text.endIndex {
            guard starts[Int(text[place])], let found = patterns.first(where: { text[place...].starts(with: $0.bytes) })
            else {
                place += 1
                continue
            }
            var range = place..<place + found.bytes.count
            place = range.upperBound
            if found.word.standsAlone && (text.endsWithWord(at: range.lowerBound) || text.startsWithWord(at: place)) {
                continue
            }
            if found.word.takesSpacesBefore {
                range = max(text.startOfSpaces(before: range.lowerBound), done)..<range.upperBound
            }
            if found.word.takesSpacesAfter { range = range.lowerBound..<text.endOfSpaces(after: range.upperBound) }
            if done < range.lowerBound { parts.append(.text(done..<range.lowerBound)) }
            parts.append(.word(found.word.id, range))
            done = range.upperBound
            place = max(place, done)
        }
        if done < text.endIndex { parts.append(.text(done..<text.endIndex)) }
        return parts
    }
}

/// A text as `BertNormalizer` of Hugging Face leaves it, with the bytes that each byte of it comes from.
private struct NormalizedText {
    private(set) var bytes: [UInt8] = []
    private var sources: [Range<Int>] = []
    /// The same, but that the spaces put around an ideograph stand for the place before or behind it.
    private var characters: [Range<Int>] = []

    init(_ text: ArraySlice<UInt8>, _ rules: TextRules) {
        var place = text.startIndex
        while place < text.endIndex {
            let (scalar, width) = text.scalar(at: place)
            let source = place..<place + width
            place += width
            if CharacterTable.isRemoved(scalar) { continue }
            if CharacterTable.isSpace(scalar) {
                append([" "], source)
            } else if CharacterTable.isIdeograph(scalar) {
                append([" "], source, standingFor: source.lowerBound..<source.lowerBound)
                append(CharacterTable.mapped(scalar, rules), source)
                append([" "], source, standingFor: source.upperBound..<source.upperBound)
            } else {
                append(CharacterTable.mapped(scalar, rules), source)
            }
        }
    }

    private mutating func append(
        _ scalars: [Unicode.Scalar], _ source: Range<Int>, standingFor characters: Range<Int>? = nil
    ) {
        for scalar in scalars {
            for byte in UTF8.encode(scalar)! {
                bytes.append(byte)
                sources.append(source)
                self.characters.append(characters ?? source)
            }
        }
    }

    /// Where a word stands, as Hugging Face gives it: with the ideograph, of whose spaces it took one.
    func source(of range: Range<Int>) -> Range<Int> {
        sources[range.lowerBound].lowerBound..<sources[range.upperBound - 1].upperBound
    }

    /// The characters that are in the word and not in the text around it.
    func characters(of range: Range<Int>) -> Range<Int> {
        characters[range.lowerBound].lowerBound..<characters[range.upperBound - 1].upperBound
    }
}

extension ArraySlice<UInt8> {
    /// U+FFFD, one byte wide, where the bytes are not UTF-8.
    fileprivate func scalar(at place: Int) -> (scalar: Unicode.Scalar, width: Int) {
        if self[place] < 0x80 { return (Unicode.Scalar(self[place]), 1) }
        let found = self[place..<Swift.min(place + 4, endIndex)].withUnsafeBufferPointer {
            BertNormalizer.decode($0, 0)
        }
        guard let found, let scalar = Unicode.Scalar(found.scalar) else { return ("\u{FFFD}", 1) }
        return (scalar, found.width)
    }

    private func scalar(before place: Int) -> (scalar: Unicode.Scalar, width: Int) {
        // The widest first: a continuation byte by itself counts as one that is not UTF-8.
        for width in (1...4).reversed() where place - width >= startIndex {
            let found = scalar(at: place - width)
            if found.width == width { return found }
        }
        return ("\u{FFFD}", 1)
    }

    fileprivate func startsWithWord(at place: Int) -> Bool { place < endIndex && scalar(at: place).scalar.isOfWord }

    fileprivate func endsWithWord(at place: Int) -> Bool {
        place > startIndex && scalar(before: place).scalar.isOfWord
    }

    fileprivate func startOfSpaces(before place: Int) -> Int {
        var start = place
        while start > startIndex, case let (scalar, width) = scalar(before: start), scalar.properties.isWhitespace {
            start -= width
        }
        return start
    }

    fileprivate func endOfSpaces(after place: Int) -> Int {
        var end = place
        while end < endIndex, case let (scalar, width) = scalar(at: end), scalar.properties.isWhitespace {
            end += width
        }
        return end
    }
}

extension Unicode.Scalar {
    /// `\w` of a regular expression over Unicode.
    fileprivate var isOfWord: Bool {
        if properties.isAlphabetic || properties.isJoinControl { return true }
        return switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
        default: false
        }
    }
}
