import ElectraSupport

/// Sentences in columns, as those of CoNLL's tasks: a word a line, its tags beside it, a blank line after each sentence.
///
/// Columns have tabs between them where the file's first row has one, so that words may have spaces; spaces elsewhere.
struct ColumnSentences {
    private let file: LabelledFile
    private let columns: WordColumns
    private let needsTags: Bool
    /// How all rows are cut, which is told by the first.
    private var layout: Layout?
    /// The sentence that is being read.
    private var sentence: WordsRecord?
    private var records: [WordsRecord] = []

    private struct Layout {
        var hasTabs: Bool
        var count: Int
        var word = 0
        var tag: Int?
    }

    init(_ file: LabelledFile, _ columns: WordColumns, needsTags: Bool) {
        self.file = file
        self.columns = columns
        self.needsTags = needsTags
    }

    mutating func read() throws(Failure) -> [WordsRecord] {
        for (number, line) in Lines(file.bytes) {
            // The comments of CoNLL-U.
            if sentence == nil && line.starts(with: [UInt8(ascii: "#"), 0x20]) { continue }
            let end = line.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? line.startIndex
            if line.startIndex == end || line.starts(with: Self.documentStart) {
                finishSentence()
            } else {
                try addRow(line[..<end], file.source(number))
            }
        }
        finishSentence()
        guard !records.isEmpty else { throw .badData("\(file.path): expected a word in each line, found none") }
        return records
    }

    private static let documentStart = Array("-DOCSTART-".utf8)

    private mutating func finishSentence() {
        if let sentence { records.append(sentence) }
        sentence = nil
    }

    private mutating func addRow(_ line: ArraySlice<UInt8>, _ source: SourceLine) throws(Failure) {
        let hasTabs = layout?.hasTabs ?? line.contains(UInt8(ascii: "\t"))
        let fields = try fields(of: line, hasTabs: hasTabs, source)
        let layout: Layout
        if let known = self.layout {
            layout = known
        } else {
            layout = try self.layout(of: fields.count, hasTabs: hasTabs, source)
            self.layout = layout
        }
        guard fields.count == layout.count else {
            throw source.failure(
                "expected \(counted(layout.count, "column")) (\(hasTabs ? "TAB" : "space") separated) as in the first row, "
                    + "found \(fields.count); mend the line")
        }
        let word = fields[layout.word]
        guard !word.isEmpty else { throw source.failure("an empty word in column \(layout.word + 1); mend the line") }
        var sentence = sentence ?? WordsRecord(words: [], tags: layout.tag == nil ? nil : [], source: source)
        self.sentence = nil
        sentence.words.append(word)
        if let tag = layout.tag {
            guard !fields[tag].isEmpty else { throw source.failure("an empty tag in column \(tag + 1); mend the line") }
            sentence.tags?.append(try source.short(fields[tag], "a tag"))
        }
        self.sentence = sentence
    }

    private func fields(
        of line: ArraySlice<UInt8>, hasTabs: Bool, _ source: SourceLine
    ) throws(Failure) -> [[UInt8]] {
        func isSeparator(_ byte: UInt8) -> Bool { hasTabs ? byte == UInt8(ascii: "\t") : isSpace(byte) }
        // Before memory is spent on them.
        guard line.count(where: isSeparator) < LabelledFile.mostColumns else {
            throw source.failure("more than \(LabelledFile.mostColumns) columns; expected a word a line")
        }
        return line.split(omittingEmptySubsequences: !hasTabs, whereSeparator: isSeparator).map(Array.init)
    }

    // MARK: Columns

    private func layout(of count: Int, hasTabs: Bool, _ source: SourceLine) throws(Failure) -> Layout {
        let word = try index(columns.words ?? .number(1), count)
        guard word < count && word >= 0 else {
            throw missing("\(columns.words?.key ?? "1") for the words", count, source)
        }
        var layout = Layout(hasTabs: hasTabs, count: count, word: word)
        if needsTags && count == 1 {
            throw source.failure("expected 2 columns or more, a word and its tag, found 1; mend the line")
        }
        let tag = try index(columns.tags ?? .number(-1), count)
        let isThere = (0..<count).contains(tag) && tag != word
        guard isThere || !needsTags else {
            throw missing("\(columns.tags?.key ?? "-1") of its own for the tags", count, source)
        }
        layout.tag = isThere ? tag : nil
        return layout
    }

    /// From 0; it may be beyond either end.
    private func index(_ column: Column, _ count: Int) throws(Failure) -> Int {
        guard case .number(let number) = column, number != 0 else {
            throw .usage(
                "\(file.path): no column \"\(excerpt(column.key.utf8))\"; columns of words have numbers from 1, and -1 is "
                    + "the last one")
        }
        return number > 0 ? number - 1 : count + number
    }

    private func missing(_ column: String, _ count: Int, _ source: SourceLine) -> Failure {
        source.failure("expected a column \(column), found \(counted(count, "column")); choose another column")
    }
}
