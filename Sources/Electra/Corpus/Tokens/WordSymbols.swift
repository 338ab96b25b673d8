/// The pieces so far, by number and by text.
struct PieceList {
    private(set) var texts: [[UInt8]]
    private var numbers: [[UInt8]: Int32] = [:]
    private static let mark = Array("##".utf8)

    init(reserved: [String]) {
        texts = reserved.map { Array($0.utf8) }
        for (number, text) in texts.enumerated() { numbers[text] = Int32(number) }
    }

    var count: Int { texts.count }

    mutating func number(of text: [UInt8]) -> Int32 {
        if let number = numbers[text] { return number }
        texts.append(text)
        numbers[text] = Int32(texts.count - 1)
        return Int32(texts.count - 1)
    }

    mutating func number(of scalar: Unicode.Scalar, continues: Bool) -> Int32 {
        number(of: (continues ? Self.mark : []) + Array(String(scalar).utf8))
    }

    /// The right one continues a word, so its mark goes.
    mutating func number(merging left: Int32, _ right: Int32) -> Int32 {
        number(of: texts[Int(left)] + texts[Int(right)].dropFirst(Self.mark.count))
    }
}

/// All words as rows of piece numbers, and how often which two are neighbours.
struct WordSymbols {
    struct Pair {
        let left: Int32
        let right: Int32
        var count: Int
        /// Words that have it, or had it: some more than once.
        var words: [Int32] = []
    }

    struct Candidate: Comparable {
        let count: Int
        let left: Int32
        let right: Int32
        let pair: Int

        /// The greatest is the most frequent, then the one whose pieces came first.
        static func < (a: Candidate, b: Candidate) -> Bool {
            (a.count, b.left, b.right) < (b.count, a.left, a.right)
        }
    }

    private(set) var pairs: [Pair] = []
    private var pairNumbers: [UInt64: Int] = [:]
    private var symbols: [Int32] = []
    private var starts: [Int] = []
    private var lengths: [Int] = []
    private var counts: [Int] = []

    /// Numbers the forms of the alphabet, in their order. Characters outside of it are left out, as Hugging Face does;
    /// what follows one still continues the word.
    init(_ words: WordTable, alphabet: Alphabet, pieces: inout PieceList) {
        var first: [Unicode.Scalar: Int32] = [:]
        var later: [Unicode.Scalar: Int32] = [:]
        for form in alphabet.forms {
            let number = pieces.number(of: form.scalar, continues: form.continues)
            if form.continues { later[form.scalar] = number } else { first[form.scalar] = number }
        }
        words.forEachSorted { word, count in
            starts.append(symbols.count)
            counts.append(count)
            for (place, scalar) in String(decoding: word, as: UTF8.self).unicodeScalars.enumerated() {
                guard let number = (place == 0 ? first : later)[scalar] else { continue }
                symbols.append(number)
            }
            lengths.append(symbols.count - starts.last!)
        }
        for word in counts.indices {
            for place in starts[word]..<max(starts[word], starts[word] + lengths[word] - 1) {
                _ = change(symbols[place], symbols[place + 1], by: counts[word], in: Int32(word))
            }
        }
    }

    func candidate(_ number: Int) -> Candidate {
        let pair = pairs[number]
        return Candidate(count: pair.count, left: pair.left, right: pair.right, pair: number)
    }

    /// Replaces the pair by one piece wherever it stands. Returns the pairs that became more frequent.
    mutating func merge(_ number: Int, into merged: Int32) -> Set<Int> {
        let pair = pairs[number]
        var risen: Set<Int> = []
        for word in pair.words {
            let start = starts[Int(word)]
            let end = start + lengths[Int(word)]
            let count = counts[Int(word)]
            var (from, to) = (start, start)
            while from < end {
                guard from + 1 < end, symbols[from] == pair.left, symbols[from + 1] == pair.right else {
                    symbols[to] = symbols[from]
                    (from, to) = (from + 1, to + 1)
                    continue
                }
                if to > start {
                    _ = change(symbols[to - 1], pair.left, by: -count, in: word)
                    risen.insert(change(symbols[to - 1], merged, by: count, in: word))
                }
                if from + 2 < end {
                    _ = change(pair.right, symbols[from + 2], by: -count, in: word)
                    risen.insert(change(merged, symbols[from + 2], by: count, in: word))
                }
                symbols[to] = merged
                (from, to) = (from + 2, to + 1)
            }
            lengths[Int(word)] = to - start
        }
        pairs[number].count = 0
        pairs[number].words = []
        return risen
    }

    private mutating func change(_ left: Int32, _ right: Int32, by count: Int, in word: Int32) -> Int {
        let key = UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
        let number =
            pairNumbers[key]
            ?? {
                pairs.append(Pair(left: left, right: right, count: 0))
                pairNumbers[key] = pairs.count - 1
                return pairs.count - 1
            }()
        pairs[number].count += count
        if count > 0 && pairs[number].words.last != word { pairs[number].words.append(word) }
        return number
    }
}
