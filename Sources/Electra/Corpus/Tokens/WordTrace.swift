/// Where in a text the bytes of the word being collected come from. The tokenizer of `prepare` has no use for it, so
/// recording is a type of its own that compiles to nothing.
protocol WordTrace {
    /// The word grew by `bytes` for the character at `source` of the text; by none where the word is already too long.
    mutating func add(bytes: Int, from source: Range<Int>)
    mutating func startWord()
}

struct NoTrace: WordTrace {
    @inline(__always) mutating func add(bytes: Int, from source: Range<Int>) {}
    @inline(__always) mutating func startWord() {}
}

/// For each byte of the word, the bytes of the text that its character was.
struct ByteTrace: WordTrace {
    private var sources: [Range<Int>] = []
    /// From the first character of the word to its last.
    private(set) var word = 0..<0

    mutating func add(bytes: Int, from source: Range<Int>) {
        word = word.isEmpty ? source : word.lowerBound..<source.upperBound
        for _ in 0..<bytes { sources.append(source) }
    }

    mutating func startWord() {
        sources.removeAll(keepingCapacity: true)
        word = 0..<0
    }

    func span(ofBytes bytes: Range<Int>) -> Range<Int> {
        sources[bytes.lowerBound].lowerBound..<sources[bytes.upperBound - 1].upperBound
    }
}
