/// Neighbouring combining marks of uncased text, in the order that NFD gives them.
///
/// NFD sorts the marks behind a letter by their combining class, and BERT then drops those of category Mn. Those that
/// stay (83 scalars: marks of scripts younger than Hugging Face's tables, musical notation, a few spacing marks) may
/// thus change places; and as Hugging Face counts characters anew after the sort, what a kept mark stands for in the
/// text depends on the dropped ones around it. So a run that has a kept mark is treated as a whole.
struct MarkRun {
    /// The scalars that stay, in order, with the bytes of the line that each stands for.
    private(set) var kept: [(scalar: Unicode.Scalar, source: Range<Int>)] = []
    /// Where the line goes on after the run.
    private(set) var end: Int
    /// Bytes from `position` on that are not UTF-8.
    private(set) var invalid = 0

    private struct Mark {
        let scalar: Unicode.Scalar
        let combiningClass: UInt8
        /// It stands for a character of the text itself; else the decomposition of one before it goes on.
        let isCharacter: Bool
    }

    /// Reads the run whose first kept mark begins at `position`: what precedes it in the run was dropped already.
    init(in line: UnsafeBufferPointer<UInt8>, at position: Int) {
        end = position
        var marks: [Mark] = []
        var sources: [Range<Int>] = []
        /// False at the character that ends the run.
        func add(_ range: Range<Int>, _ scalar: Unicode.Scalar, startsRun: Bool) -> Bool {
            let decomposed = CharacterTable.decomposed(scalar)
            let classes = decomposed.map(CharacterTable.combiningClass)
            if !startsRun && classes.contains(0) { return false }
            sources.append(range)
            for (place, scalar) in decomposed.enumerated() {
                marks.append(Mark(scalar: scalar, combiningClass: classes[place], isCharacter: place == 0))
            }
            return true
        }

        var start = Self.start(of: line, before: position)
        var isFirst = true
        while start < line.count {
            guard let (range, scalar) = Self.character(in: line, at: start) else {
                if start >= position { invalid += 1 }
                start += 1
                continue
            }
            if !CharacterTable.isRemoved(scalar) {
                guard add(range, scalar, startsRun: isFirst) else { break }
                isFirst = false
            }
            start = range.upperBound
        }
        end = start

        // The letter in front stays there; `sorted` is stable.
        let letters = marks.prefix { $0.combiningClass == 0 }
        var source = sources.first ?? position..<position
        var next = 0
        let sorted = letters + marks.dropFirst(letters.count).sorted { $0.combiningClass < $1.combiningClass }
        for mark in sorted {
            if mark.isCharacter {
                source = sources[next]
                next += 1
            }
            // The word has the letter already, but for one that begins at `position` itself.
            let isNew = source.lowerBound >= position || mark.combiningClass > 0
            if isNew && CharacterTable.category(mark.scalar) != .nonspacingMark {
                kept.append((mark.scalar, source))
            }
        }
    }

    /// The letter that the run belongs to, where the character at `position` is a mark itself.
    private static func start(of line: UnsafeBufferPointer<UInt8>, before position: Int) -> Int {
        func isMark(_ scalar: Unicode.Scalar) -> Bool {
            !CharacterTable.decomposed(scalar).contains { CharacterTable.combiningClass($0) == 0 }
        }
        var start = position
        guard let (_, first) = character(in: line, at: position), isMark(first) else { return position }
        while start > 0 {
            var before = start - 1
            // A character has three continuations at most; more are a stray run, to be crossed byte by byte.
            while before > max(0, start - 4) && line[before] & 0xC0 == 0x80 { before -= 1 }
            guard let (range, scalar) = character(in: line, at: before), range.upperBound == start else {
                start -= 1
                continue
            }
            start = before
            if !CharacterTable.isRemoved(scalar) && !isMark(scalar) { break }
        }
        return start
    }

    private static func character(
        in line: UnsafeBufferPointer<UInt8>, at position: Int
    ) -> (Range<Int>, Unicode.Scalar)? {
        if line[position] < 0x80 { return (position..<position + 1, Unicode.Scalar(line[position])) }
        guard let (value, width) = BertNormalizer.decode(line, position), let scalar = Unicode.Scalar(value) else {
            return nil
        }
        return (position..<position + width, scalar)
    }
}
