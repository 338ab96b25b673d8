import ElectraSupport

/// Examples of texts in JSON lines.
struct TextLines {
    private let file: LabelledFile
    private let columns: TextColumns
    private let needsLabel: Bool

    init(_ file: LabelledFile, _ columns: TextColumns, needsLabel: Bool) {
        self.file = file
        self.columns = columns
        self.needsLabel = needsLabel
    }

    func read() throws(Failure) -> [TextRecord] {
        guard columns.label != nil || !needsLabel else {
            throw .usage("\(file.path): no key was named for the labels")
        }
        let wanted = [columns.text, columns.pair, columns.id, columns.label]
        var lines = JSONLines(file)
        var records: [TextRecord] = []
        while let values = try lines.next(wanted.map { $0?.key }) {
            for (column, value) in zip(wanted.prefix(3), values) {
                if let column, value == nil, !column.isOptional { throw lines.missing(column.key) }
            }
            if let label = columns.label, needsLabel, values[3] == nil { throw lines.missing(label.key) }
            let record = try record(values, lines.source)
            if let first = records.first { try checkLikeness(record, first) }
            records.append(record)
        }
        return records
    }

    private func record(_ values: [JSON?], _ source: SourceLine) throws(Failure) -> TextRecord {
        let text = try source.text(values[0] ?? .null, columns.text.key)
        guard !text.allSatisfy(isSpace) else { throw source.emptyText(columns.text) }
        var record = TextRecord(text: text, source: source)
        if let column = columns.pair, let value = values[1] {
            if case .null = value, column.isOptional {} else { record.pair = try source.text(value, column.key) }
        }
        if let column = columns.id, let value = values[2] { record.id = try source.word(value, column.key) }
        if let column = columns.label, let value = values[3] {
            let label = try source.word(value, column.key)
            record.label = label?.isEmpty == true ? nil : label
        }
        if needsLabel && record.label == nil { throw source.missingLabel(columns.label) }
        return record
    }

    /// A second text, and an id, is there in all examples or in none.
    private func checkLikeness(_ record: TextRecord, _ first: TextRecord) throws(Failure) {
        for (column, isThere, wasThere) in [
            (columns.pair, record.pair != nil, first.pair != nil), (columns.id, record.id != nil, first.id != nil),
        ] where isThere != wasThere {
            let name = excerpt((column?.key ?? "").utf8)
            throw record.source.failure(
                "\(isThere ? "a" : "no") column \"\(name)\", and line \(first.source.line) has \(wasThere ? "one" : "none"); "
                    + "give it to all examples or to none")
        }
    }
}
