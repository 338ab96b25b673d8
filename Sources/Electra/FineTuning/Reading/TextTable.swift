import ElectraSupport

/// Examples of texts in the rows of a table.
struct TextTable {
    /// Where the wanted columns are: from 0 at the left, or from -1 at the right.
    private struct Places {
        var text: Int
        var pair: Int?
        var label: Int?
        var id: Int?
        /// As many columns each row has to have.
        var columns: Int { ([text] + [pair, label, id].compactMap { $0 }).map { $0 < 0 ? -$0 : $0 + 1 }.max() ?? 1 }
    }

    private let file: LabelledFile
    private let columns: TextColumns
    private let needsLabel: Bool
    private var rows: TableRows
    private let isCommaSeparated: Bool

    init(_ file: LabelledFile, _ format: LabelledFile.Format, _ columns: TextColumns, needsLabel: Bool) {
        self.file = file
        self.columns = columns
        self.needsLabel = needsLabel
        rows = TableRows(file, format)
        isCommaSeparated = format == .commas
    }

    mutating func read() throws(Failure) -> [TextRecord] {
        guard try rows.next() else { throw .badData("\(file.path): expected examples, found blank lines only") }
        let first = (0..<rows.count).map { rows.field($0) }
        let names = header(first)
        let places = try places(names, first)
        if names != nil, try !rows.next() {
            throw file.source(1).failure("a header and nothing else; expected an example in each line after it")
        }
        var records: [TextRecord] = []
        repeat {
            try checkCount(places, first.count)
            records.append(try record(places))
        } while try rows.next()
        return records
    }

    // MARK: Columns

    /// The names of the columns; nil where the first row is an example.
    private func header(_ first: [[UInt8]]) -> [[UInt8]]? {
        let isHeader = columns.header ?? columns.all.contains { Self.index(of: $0, in: first) != nil }
        return isHeader ? first : nil
    }

    private static func index(of column: Column, in names: [[UInt8]]) -> Int? {
        switch column {
        case .named(let name), .optional(let name): names.firstIndex { $0.elementsEqual(name.utf8) }
        case .number: nil
        }
    }

    private func places(_ names: [[UInt8]]?, _ first: [[UInt8]]) throws(Failure) -> Places {
        guard let text = try place(columns.text, names, first) else { throw missing(columns.text, names, first) }
        var places = Places(text: text)
        places.pair = try columns.pair.flatMap { (column) throws(Failure) in try place(column, names, first) }
        places.id = try columns.id.flatMap { (column) throws(Failure) in try place(column, names, first) }
        if let label = columns.label {
            places.label = try place(label, names, first, isNeeded: needsLabel)
            // A file without labels has fewer columns.
            if !needsLabel, let place = places.label, !(-first.count..<first.count).contains(place) {
                places.label = nil
            }
        }
        if needsLabel && places.label == nil {
            guard let label = columns.label else { throw .usage("\(file.path): no column was named for the labels") }
            throw missing(label, names, first)
        }
        return places
    }

    /// nil where the file has none, and need not.
    private func place(
        _ column: Column, _ names: [[UInt8]]?, _ first: [[UInt8]], isNeeded: Bool = true
    ) throws(Failure) -> Int? {
        if case .number(let number) = column {
            if number == 0 {
                throw .usage("\(file.path): no column 0; columns are numbered from 1, and -1 is the last one")
            }
            return number > 0 ? number - 1 : number
        }
        guard let names, let index = Self.index(of: column, in: names) else {
            if column.isOptional || !isNeeded { return nil }
            throw missing(column, names, first)
        }
        guard Self.index(of: column, in: Array(names[(index + 1)...])) == nil else {
            throw file.source(1).failure(
                "two columns \"\(excerpt(names[index]))\"; choose one by its number (1 is the first, -1 the last)")
        }
        return index
    }

    private func missing(_ column: Column, _ names: [[UInt8]]?, _ first: [[UInt8]]) -> Failure {
        let hint = names == nil ? "; where the first line is no header, give the numbers of columns" : ""
        let found = first.map { String(decoding: $0, as: UTF8.self) }
        return .badData("\(file.path): \(missingColumn(column.key, of: found))\(hint)")
    }

    // MARK: Rows

    private func checkCount(_ places: Places, _ first: Int) throws(Failure) {
        guard rows.count >= places.columns else {
            throw rows.source.failure(
                "expected \(counted(places.columns, "column")) (\(rows.separatorName) separated), found \(rows.count); "
                    + "mend the line, or choose other columns")
        }
        // What stands behind a comma too many would be taken for the next column.
        if isCommaSeparated && rows.count > first {
            throw rows.source.failure(
                "expected \(counted(first, "column")) (comma separated) as in the first row, found \(rows.count); "
                    + "put quotation marks around a text with commas")
        }
    }

    private func field(_ place: Int) -> [UInt8] { rows.field(place < 0 ? rows.count + place : place) }

    private func record(_ places: Places) throws(Failure) -> TextRecord {
        let source = rows.source
        let text = field(places.text)
        guard !text.allSatisfy(isSpace) else { throw source.emptyText(columns.text) }
        var record = TextRecord(text: text, pair: places.pair.map(field), source: source)
        if let place = places.id { record.id = try source.short(field(place), "an id") }
        if let place = places.label {
            let label = try source.short(field(place), "a label")
            if !label.isEmpty { record.label = label }
        }
        if needsLabel && record.label == nil { throw source.missingLabel(columns.label) }
        return record
    }
}
