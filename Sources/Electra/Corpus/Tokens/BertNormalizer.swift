import ElectraSupport

/// BERT's text clean-up and word split, over bytes: a line of UTF-8 in, one normalised word after another out.
///
///     "Déjà\u{200B}-vu, 東京"  ->  deja  -  vu  ,  東  京          (uncased)
///
/// Spaces end a word and vanish; punctuation and CJK ideographs are words of their own; everything else extends the
/// word. What becomes of a scalar comes from `CharacterTable`, and for ASCII from a table of 128 bytes.
/// Bytes that are not UTF-8 count as U+FFFD, which BERT drops; they are counted so that the caller can report them.
///
/// Not Sendable: one for each thread.
package final class BertNormalizer {
    /// Longer words (in characters) are [UNK], as in Hugging Face; the reference's limit is 200 (docs/algorithm.md 11).
    package static let characterLimit = 100

    package let table: CharacterTable
    /// For each ASCII byte: 0 if dropped, 0x20 if it is a space, its lower case if it belongs to a word, and the byte
    /// with its high bit set if it is punctuation.
    private let ascii: UnsafeMutablePointer<UInt8>
    /// The word being collected: up to the limit of characters, plus what one scalar can add.
    private let word: UnsafeMutablePointer<UInt8>
    /// What was lost since it was asked for last, by the number of a script.
    private let deleted: UnsafeMutablePointer<Int>

    package init(_ table: CharacterTable) {
        let rules = table.rules
        self.table = table
        ascii = .allocate(capacity: 128)
        word = .allocate(capacity: 4 * Self.characterLimit + 64)
        deleted = .allocate(capacity: DeletedMarks.numbers)
        deleted.initialize(repeating: 0, count: DeletedMarks.numbers)
        for byte in 0..<UInt8(128) {
            let scalar = Unicode.Scalar(byte)
            if CharacterTable.isRemoved(scalar) {
                ascii[Int(byte)] = 0
            } else if CharacterTable.isSpace(scalar) {
                ascii[Int(byte)] = 0x20
            } else if CharacterTable.isPunctuation(scalar) {
                ascii[Int(byte)] = byte | 0x80
            } else {
                ascii[Int(byte)] = !rules.cased && (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            }
        }
    }

    package convenience init(_ rules: TextRules) { self.init(CharacterTable(rules)) }

    deinit {
        ascii.deallocate()
        word.deallocate()
        deleted.deallocate()
    }

    /// What the lines since the last call lost without accents.
    func takeDeletedMarks() -> DeletedMarks {
        defer { deleted.update(repeating: 0, count: DeletedMarks.numbers) }
        return DeletedMarks(counts: deleted)
    }

    /// Calls `body` with every word of `line` and the word's count of characters; bytes beyond the limit of characters
    /// are not kept, for such a word is [UNK] whatever it says. Returns the count of bytes that were not UTF-8.
    @inline(__always)
    func forEachWord(
        in line: UnsafeBufferPointer<UInt8>,
        _ body: (_ word: UnsafeBufferPointer<UInt8>, _ characters: Int) -> Void
    ) -> Int {
        var trace = NoTrace()
        return forEachWord(in: line, tracing: &trace) { word, characters, _ in body(word, characters) }
    }

    /// The same, with a record of where the bytes of each word come from.
    @inline(__always)
    func forEachWord<Trace: WordTrace>(
        in line: UnsafeBufferPointer<UInt8>, tracing trace: inout Trace,
        _ body: (_ word: UnsafeBufferPointer<UInt8>, _ characters: Int, _ trace: Trace) -> Void
    ) -> Int {
        let ascii = self.ascii
        let word = self.word
        let end = line.count
        var invalid = 0
        var position = 0
        var length = 0
        var characters = 0

        while position < end {
            let byte = line[position]
            if byte < 0x80 {
                position += 1
                let mapped = ascii[Int(byte)]
                if mapped > 0x20 && mapped < 0x80 {
                    let isKept = characters < Self.characterLimit
                    if isKept {
                        word[length] = mapped
                        length += 1
                    }
                    characters += 1
                    trace.add(bytes: isKept ? 1 : 0, from: position - 1..<position)
                } else if mapped != 0 {
                    if characters > 0 {
                        body(UnsafeBufferPointer(start: word, count: length), characters, trace)
                        length = 0
                        characters = 0
                        trace.startWord()
                    }
                    if mapped >= 0x80 {
                        word[0] = byte
                        trace.add(bytes: 1, from: position - 1..<position)
                        body(UnsafeBufferPointer(start: word, count: 1), 1, trace)
                        trace.startWord()
                    }
                }
                continue
            }

            guard let (scalar, width) = Self.decode(line, position) else {
                invalid += 1
                position += 1
                continue
            }
            var source = line.baseAddress! + position
            var bytes = width
            var added = 1
            position += width

            let entry = table.entry(scalar)
            let kind = entry & 7
            if kind == CharacterTable.Class.dropped {
                let script = entry >> 12
                if script == CharacterTable.ofTheLetterBefore {
                    countMark(scalar, in: line, at: position - width)
                } else if script != 0 {
                    countLoss(Int(script))
                }
                continue
            }
            if kind == CharacterTable.Class.mappedLetter || kind == CharacterTable.Class.mappedIsolated {
                source = UnsafePointer(table.arena + Int(entry >> 12))
                bytes = Int(entry >> 6) & 63
                added = Int(entry >> 3) & 7
                if source[bytes] != 0 { countLoss(Int(source[bytes])) }
            }
            if kind == CharacterTable.Class.mark {
                let run = MarkRun(in: line, at: position - width)
                for (scalar, source) in run.kept {
                    let isKept = characters < Self.characterLimit
                    let bytes = isKept ? Array(String(scalar).utf8) : []
                    for byte in bytes {
                        word[length] = byte
                        length += 1
                    }
                    characters += 1
                    trace.add(bytes: bytes.count, from: source)
                }
                invalid += run.invalid
                position = run.end
                continue
            }
            if kind == CharacterTable.Class.letter || kind == CharacterTable.Class.mappedLetter {
                let isKept = characters < Self.characterLimit
                if isKept {
                    (word + length).update(from: source, count: bytes)
                    length += bytes
                }
                characters += added
                trace.add(bytes: isKept ? bytes : 0, from: position - width..<position)
                continue
            }
            if characters > 0 {
                body(UnsafeBufferPointer(start: word, count: length), characters, trace)
                length = 0
                characters = 0
                trace.startWord()
            }
            if kind != CharacterTable.Class.space {
                trace.add(bytes: bytes, from: position - width..<position)
                body(UnsafeBufferPointer(start: source, count: bytes), added, trace)
                trace.startWord()
            }
        }
        if characters > 0 {
            body(UnsafeBufferPointer(start: word, count: length), characters, trace)
            trace.startWord()
        }
        return invalid
    }

    /// Out of the loop, which English text would pay for.
    @inline(never)
    private func countLoss(_ script: Int) { deleted[script] += 1 }

    /// Counts a combining mark by the letter that it stands behind, over other marks: not over more than any writing has, as
    /// each would look back over all of them.
    @inline(never)
    private func countMark(_ mark: UInt32, in line: UnsafeBufferPointer<UInt8>, at position: Int) {
        var start = position
        let furthest = max(0, position - 2 * StackedMarks.most)
        while start > furthest {
            start -= 1
            if line[start] & 0xC0 == 0x80 { continue }
            var letter = UInt32(line[start])
            if letter >= 0x80 { letter = Self.decode(line, start)?.scalar ?? 0 }
            if Script.combiningDiacritics.contains(letter) { continue }
            deleted[DeletedMarks.number(of: DeletedMarks.loss(of: mark, behind: letter))] += 1
            return
        }
    }

    /// The scalar at `position`, which starts with a byte of 0x80 or more, and its width; nil where the bytes are not
    /// UTF-8 (Unicode standard, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
    @inline(__always)
    package static func decode(_ line: UnsafeBufferPointer<UInt8>, _ position: Int) -> (scalar: UInt32, width: Int)? {
        @inline(__always)
        func continuation(_ offset: Int) -> UInt32? {
            guard position + offset < line.count else { return nil }
            let byte = line[position + offset]
            return byte & 0xC0 == 0x80 ? UInt32(byte & 0x3F) : nil
        }
        let lead = UInt32(line[position])
        switch lead {
        case 0xC2...0xDF:
            guard let second = continuation(1) else { return nil }
            return ((lead & 0x1F) << 6 | second, 2)
        case 0xE0...0xEF:
            guard let second = continuation(1), let third = continuation(2) else { return nil }
            let scalar = (lead & 0x0F) << 12 | second << 6 | third
            return scalar < 0x800 || (0xD800...0xDFFF).contains(scalar) ? nil : (scalar, 3)
        case 0xF0...0xF4:
            guard let second = continuation(1), let third = continuation(2), let fourth = continuation(3) else {
                return nil
            }
            let scalar = (lead & 0x07) << 18 | second << 12 | third << 6 | fourth
            return scalar < 0x1_0000 || scalar > 0x10_FFFF ? nil : (scalar, 4)
        default:
            return nil
        }
    }
}
