package import ElectraSupport

/// Reads the examples of a text task: a table of columns between tabs (.tsv, .txt) or commas (.csv), or JSON lines (.jsonl,
/// .json, .ndjson); a file of another name is looked into. It may be packed.
package enum TextFile {
    /// In the order of the file. With `needsLabel` each has a label; without it, each has what there is.
    package static func read(
        _ path: String, _ columns: TextColumns, needsLabel: Bool
    ) throws(Failure) -> [TextRecord] {
        let file = try LabelledFile(path)
        let format = file.format
        if format == .jsonLines { return try TextLines(file, columns, needsLabel: needsLabel).read() }
        var table = TextTable(file, format, columns, needsLabel: needsLabel)
        return try table.read()
    }
}

extension SourceLine {
    func emptyText(_ column: Column) -> Failure {
        failure(
            "expected a text in column \"\(excerpt(column.key.utf8))\", found an empty one; mend or remove the line")
    }

    func missingLabel(_ column: Column?) -> Failure {
        failure("expected a label in column \"\(excerpt((column?.key ?? "label").utf8))\", found none; mend the line")
    }
}
