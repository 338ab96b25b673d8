import Foundation

/// What BERT makes of one Unicode scalar, and the bytes that it becomes.
///
/// Normalisation treats every scalar by itself (cleaning, spaces around CJK, NFD, dropping Mn, lower-casing), so all of
/// it folds into one table: scalar -> (class, bytes). The table is filled in pages of 256 scalars when a text first
/// needs them; a page costs about a millisecond, a look-up two loads.
///
/// Follows Hugging Face `tokenizers`, normalizers/bert.rs and pre_tokenizers/bert.rs. Where scalars do not stand by
/// themselves, since NFD sorts neighbouring marks, the table says so, and `MarkRun` does it.
///
/// Not Sendable: every thread has a table of its own, so that no look-up needs a lock.
package final class CharacterTable {
    /// How an entry acts on the word being collected.
    enum Class {
        /// Disappears: controls, U+FFFD, and nonspacing marks in uncased text.
        static let dropped: UInt32 = 0
        /// Ends the word.
        static let space: UInt32 = 1
        /// Belongs to the word as it is.
        static let letter: UInt32 = 2
        /// Belongs to the word as the bytes in `arena`.
        static let mappedLetter: UInt32 = 3
        /// A word of its own: punctuation and CJK ideographs.
        static let isolated: UInt32 = 4
        /// A word of its own, as the bytes in `arena`.
        static let mappedIsolated: UInt32 = 5
        /// Is, or ends with, a combining mark that stays: `MarkRun` reads it with its neighbours.
        static let mark: UInt32 = 6
    }

    /// An entry: class in bits 0...2, count of scalars in 3...5, count of bytes in 6...11, place in the arena in 12...31.
    /// Behind the bytes in the arena stands the number of the script that loses by this (`DeletedMarks`); with a scalar
    /// that is dropped it takes the bits of the place.
    typealias Entry = UInt32

    /// In the place of a script: a mark that belongs to the script of the letter before it.
    static let ofTheLetterBefore = UInt32(DeletedMarks.numbers)

    let rules: TextRules
    private let pages: UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>
    private(set) var arena: UnsafeMutablePointer<UInt8>
    private var arenaCount = 0
    private var arenaCapacity = 4096
    private static let pageCount = 0x11_0000 >> 8

    init(_ rules: TextRules) {
        self.rules = rules
        pages = .allocate(capacity: Self.pageCount)
        pages.initialize(repeating: nil, count: Self.pageCount)
        arena = .allocate(capacity: arenaCapacity)
    }

    deinit {
        for page in 0..<Self.pageCount { pages[page]?.deallocate() }
        pages.deallocate()
        arena.deallocate()
    }

    @inline(__always)
    func entry(_ scalar: UInt32) -> Entry {
        if let page = pages[Int(scalar >> 8)] { return page[Int(scalar & 0xFF)] }
        return fillPage(Int(scalar >> 8))[Int(scalar & 0xFF)]
    }

    @inline(never)
    private func fillPage(_ number: Int) -> UnsafeMutablePointer<Entry> {
        let page = UnsafeMutablePointer<Entry>.allocate(capacity: 256)
        for low in 0..<256 {
            // Surrogates are not scalars and never come out of a UTF-8 decoder.
            let scalar = Unicode.Scalar(UInt32(number << 8 | low))
            page[low] = scalar.map(makeEntry) ?? Class.dropped
        }
        pages[number] = page
        return page
    }

    private func makeEntry(_ scalar: Unicode.Scalar) -> Entry {
        if Self.isRemoved(scalar) { return Class.dropped }
        if Self.isSpace(scalar) { return Class.space }
        let mapped = Self.mapped(scalar, rules)
        guard let first = mapped.first else { return Class.dropped | loss(of: scalar) << 12 }
        let isolated = Self.isIdeograph(scalar) || Self.isPunctuation(first)
        if rules.stripsAccents && mapped.contains(where: { Self.combiningClass($0) > 0 }) { return Class.mark }
        if mapped == [scalar] { return isolated ? Class.isolated : Class.letter }

        let bytes = mapped.flatMap { Array(String(Character($0)).utf8) }
        precondition(mapped.count < 8 && bytes.count < 64 && arenaCount + bytes.count < 1 << 20)
        let place = append(bytes + [UInt8(loss(of: scalar))])
        return (isolated ? Class.mappedIsolated : Class.mappedLetter)
            | UInt32(mapped.count) << 3 | UInt32(bytes.count) << 6 | UInt32(place) << 12
    }

    /// The number of the script that loses by what the rules make of a scalar.
    private func loss(of scalar: Unicode.Scalar) -> UInt32 {
        if !rules.stripsAccents { return 0 }
        if Script.combiningDiacritics.contains(scalar.value) { return Self.ofTheLetterBefore }
        return UInt32(DeletedMarks.number(of: DeletedMarks.loss(of: scalar)))
    }

    private func append(_ bytes: [UInt8]) -> Int {
        if arenaCount + bytes.count > arenaCapacity {
            let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: arenaCapacity * 2)
            larger.update(from: arena, count: arenaCount)
            arena.deallocate()
            arena = larger
            arenaCapacity *= 2
        }
        for (offset, byte) in bytes.enumerated() { arena[arenaCount + offset] = byte }
        defer { arenaCount += bytes.count }
        return arenaCount
    }
}

/// BERT's questions about a scalar.
extension CharacterTable {
    /// The category as Hugging Face sees it: its tables are those of Unicode 8, what came later is unassigned there. A
    /// model must see the same tokens when it is trained here and used there. (Compared for every scalar by
    /// scripts/check-huggingface.)
    static func category(_ scalar: Unicode.Scalar) -> Unicode.GeneralCategory {
        guard let age = scalar.properties.age, age.major <= 8 else { return .unassigned }
        switch scalar.value {
        // Moved to another category since.
        case 0x166D, 0x111C9: return .otherPunctuation
        case 0x1734, 0x1171E: return .nonspacingMark
        case 0xA9BD: return .spacingMark
        case 0x1885, 0x1886: return .otherLetter
        default: return scalar.properties.generalCategory
        }
    }

    /// What the rules ask for: NFD without nonspacing marks, then the full lower-case mapping (of each scalar alone: a
    /// final sigma stays σ).
    static func mapped(_ scalar: Unicode.Scalar, _ rules: TextRules) -> [Unicode.Scalar] {
        var scalars = [scalar]
        if rules.stripsAccents {
            scalars = decomposed(scalar).filter { category($0) != .nonspacingMark }
        }
        if rules.cased { return scalars }
        return scalars.flatMap { Array($0.properties.lowercaseMapping.unicodeScalars) }
    }

    /// NFD of one scalar. One of a later Unicode has no decomposition in Hugging Face's tables.
    static func decomposed(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        if category(scalar) == .unassigned { return [scalar] }
        return Array(String(Character(scalar)).decomposedStringWithCanonicalMapping.unicodeScalars)
    }

    /// By which NFD sorts marks; 0 for all that are none. These tables of Hugging Face's are those of Unicode 9.
    static func combiningClass(_ scalar: Unicode.Scalar) -> UInt8 {
        guard let age = scalar.properties.age, age.major <= 9 else { return 0 }
        return scalar.properties.canonicalCombiningClass.rawValue
    }

    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\t" || scalar == "\n" || scalar == "\r" || scalar.properties.isWhitespace
    }

    /// U+FFFD and the categories Cc (U+0000 is in it), Cf and Co; but tab, line feed and carriage return count as spaces.
    /// Unassigned scalars (Cn) stay: Hugging Face keeps them.
    static func isRemoved(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "\t" || scalar == "\n" || scalar == "\r" { return false }
        if scalar.value == 0xFFFD { return true }
        return switch category(scalar) {
        case .control, .format, .privateUse: true
        default: false
        }
    }

    /// All of ASCII that is neither a letter, a digit, a space nor a control, such as `$`; and the categories P*.
    static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 33...47, 58...64, 91...96, 123...126: return true
        case 0..<128: return false
        default: break
        }
        return switch category(scalar) {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: false
        }
    }

    /// The blocks that BERT calls Chinese. (The block that starts at U+2B820 begins at U+2B920 in Hugging Face's code.)
    static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}
