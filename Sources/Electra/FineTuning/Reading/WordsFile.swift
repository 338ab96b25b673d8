package import ElectraSupport

/// Reads sentences in words with a tag for each: CoNLL's columns, or JSON lines with the lists `words` and `tags` (.jsonl, .json,
/// .ndjson, or what looks like it). It may be packed.
package enum WordsFile {
    /// In the order of the file. With `needsTags` each has tags; without it, each has what there is.
    package static func read(
        _ path: String, _ columns: WordColumns, needsTags: Bool
    ) throws(Failure) -> [WordsRecord] {
        let file = try LabelledFile(path)
        if file.format == .jsonLines { return try wordLines(file, columns, needsTags: needsTags) }
        var sentences = ColumnSentences(file, columns, needsTags: needsTags)
        return try sentences.read()
    }

    private static func wordLines(
        _ file: LabelledFile, _ columns: WordColumns, needsTags: Bool
    ) throws(Failure) -> [WordsRecord] {
        let (wordsKey, tagsKey) = (columns.words?.key ?? "words", columns.tags?.key ?? "tags")
        var lines = JSONLines(file)
        var records: [WordsRecord] = []
        while let values = try lines.next([wordsKey, tagsKey, "id"]) {
            let source = lines.source
            guard let words = values[0] else { throw lines.missing(wordsKey) }
            if needsTags && values[1] == nil { throw lines.missing(tagsKey) }
            var record = WordsRecord(words: [], source: source)
            for word in try source.list(words, wordsKey) {
                let word = try source.text(word, wordsKey)
                guard !word.isEmpty else {
                    throw source.failure("word \(record.words.count + 1) is empty; mend the line")
                }
                record.words.append(word)
            }
            guard !record.words.isEmpty else { throw source.failure("a sentence without words; remove the line") }
            if let tags = values[1] { record.tags = try source.tags(tags, tagsKey, isNeeded: needsTags) }
            if let tags = record.tags, tags.count != record.words.count {
                throw source.failure(
                    "\(counted(record.words.count, "word")) and \(counted(tags.count, "tag")); expected a tag for each word"
                )
            }
            if let id = values[2] { record.id = try source.word(id, "id") }
            records.append(record)
        }
        return records
    }
}

extension SourceLine {
    func list(_ value: JSON, _ key: String) throws(Failure) -> [JSON] {
        guard let list = value.list else {
            throw failure("expected a list as \"\(excerpt(key.utf8))\", found \(value.kind)")
        }
        return list
    }

    /// nil where null stands for them, and they are not needed.
    fileprivate func tags(_ value: JSON, _ key: String, isNeeded: Bool) throws(Failure) -> [String]? {
        if case .null = value, !isNeeded { return nil }
        var tags: [String] = []
        for tag in try list(value, key) {
            guard let tag = try word(tag, key), !tag.isEmpty else {
                throw failure("tag \(tags.count + 1) is empty; expected a tag for each word")
            }
            tags.append(tag)
        }
        return tags
    }
}
