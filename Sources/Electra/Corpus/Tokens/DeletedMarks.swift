/// What text without accents has lost beyond accents, by script: vowel signs, voicing marks, tones, syllables that came
/// apart. A model of such a text sees other words than people write.
///
/// Sums, so they do not depend on who counted what.
struct DeletedMarks: Sendable, Equatable {
    /// By the number of a script; number 0 takes what is no loss.
    private var counts = [Int](repeating: 0, count: Self.numbers)

    static let numbers = Script.allCases.count + 1

    init() {}

    init(counts: UnsafePointer<Int>) {
        for number in 1..<Self.numbers { self.counts[number] = counts[number] }
    }

    subscript(script: Script) -> Int { counts[Self.number(of: script)] }

    var total: Int { counts.reduce(0, +) }

    static func += (sum: inout DeletedMarks, other: DeletedMarks) {
        for number in 0..<numbers { sum.counts[number] += other.counts[number] }
    }

    static func number(of script: Script?) -> Int {
        script.map { Script.allCases.firstIndex(of: $0)! + 1 } ?? 0
    }

    /// A note where more than one word in a thousand is another one; names in another script in plain text are fewer.
    func note(words: Int, remedy: @autoclosure () -> String) -> String? {
        guard total > words / 1000 else { return nil }
        let scripts = Script.allCases.filter { self[$0] > 0 }
            .sorted { (self[$1], Self.number(of: $0)) < (self[$0], Self.number(of: $1)) }
        let named = scripts.prefix(4).map { "\(self[$0]) of \($0.rawValue)\(Self.example(of: $0))" }
        let rest = scripts.dropFirst(4).reduce(0) { $0 + self[$1] }
        let list = (named + (rest > 0 ? ["\(rest) of others"] : [])).joined(separator: ", ")
        return "note: without accents, as is the default, the text lost marks that make other words: \(list); "
            + "\(remedy()) (docs/languages.md)"
    }

    /// Where it is not plain what is meant.
    private static func example(of script: Script) -> String {
        switch script {
        case .latin: " (ạ became a)"
        case .cyrillic: " (й became и)"
        case .arabic: " (أ became ا)"
        case .kana: " (が became か)"
        case .hangul: " (syllables came apart)"
        default: ""
        }
    }
}

extension DeletedMarks {
    /// The script that loses by what the normaliser without accents makes of a scalar; nil where nobody misses it: accents
    /// of Latin and Greek letters, stress and ё in Cyrillic, which print leaves out as well.
    static func loss(of scalar: Unicode.Scalar) -> Script? {
        if scalar.value < 0xC0 { return nil }
        if (0xAC00...0xD7A3).contains(scalar.value) { return .hangul }
        let decomposed = CharacterTable.decomposed(scalar)
        let marks = decomposed.filter { CharacterTable.category($0) == .nonspacingMark }
        guard !marks.isEmpty else { return nil }
        if marks.count == decomposed.count {
            // A mark by itself. What `Script` calls symbols are selectors of variants and marks around signs.
            let script = Script(scalar)
            return script == .symbols || script == .latin || script == .greek || script == .han ? nil : script
        }
        // Latin letters with two marks are Vietnamese.
        if marks.count > 1 && Script(decomposed[0]) == .latin { return .latin }
        return marks.lazy.compactMap { loss(of: $0.value, behind: decomposed[0].value) }.first
    }

    /// The same for a mark behind a letter. No search in tables of Unicode: in decomposed text it is asked for every mark.
    static func loss(of mark: UInt32, behind letter: UInt32) -> Script? {
        switch letter {
        case 0..<0x250, 0x1E00...0x1EFF:
            // Hook and horn, and the dot below vowels: Vietnamese, and languages of West Africa.
            let isVowel = letter < 0x80 && "aeiouyAEIOUY".utf8.contains(UInt8(letter))
            return mark == 0x309 || mark == 0x31B || mark == 0x323 && isVowel ? .latin : nil
        case 0x370...0x3FF, 0x1F00...0x1FFF:
            return nil
        case 0x400...0x52F:
            let isStress = mark == 0x300 || mark == 0x301
            let isYo = mark == 0x308 && (letter == 0x415 || letter == 0x435)
            return isStress || isYo ? nil : .cyrillic
        default:
            guard let script = Unicode.Scalar(letter).map(Script.init), script != .symbols, script != .han,
                script != .latin
            else { return nil }
            return script
        }
    }
}
