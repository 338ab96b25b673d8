package import ElectraSupport

/// Two texts of which the first is the better one, and what they test.
package struct MinimalPair: Sendable, Equatable {
    package var good: [UInt8]
    package var bad: [UInt8]
    package var phenomenon: String

    package init(good: [UInt8], bad: [UInt8], phenomenon: String) {
        self.good = good
        self.bad = bad
        self.phenomenon = phenomenon
    }
}

/// Reads minimal pairs: BLiMP's JSON lines (A. Warstadt et al., 2020), or a table with the columns good, bad, and phenomenon
/// where it has one; without a header, with these two columns. Pairs of no phenomenon are of one that is called as the file.
package enum MinimalPairFile {
    private static let goodKeys = ["sentence_good", "good"]
    private static let badKeys = ["sentence_bad", "bad"]
    private static let phenomenonKeys = ["UID", "linguistics_term", "phenomenon"]

    /// In the order of the file.
    package static func read(_ path: String) throws(Failure) -> [MinimalPair] {
        let file = try LabelledFile(path)
        let format = file.format
        return format == .jsonLines ? try readLines(file) : try readTable(file, format)
    }

    private static func readLines(_ file: LabelledFile) throws(Failure) -> [MinimalPair] {
        var lines = JSONLines(file)
        var pairs: [MinimalPair] = []
        while let values = try lines.next(goodKeys + badKeys + phenomenonKeys) {
            let source = lines.source
            func text(_ values: ArraySlice<JSON?>, _ keys: [String]) throws(Failure) -> [UInt8] {
                for (value, key) in zip(values, keys) {
                    if let value { return try source.notEmpty(try source.text(value, key), key) }
                }
                throw lines.missing(keys[0])
            }
            var phenomenon: String?
            for (value, key) in zip(values[4...], phenomenonKeys) where phenomenon == nil {
                if let value { phenomenon = try source.word(value, key) }
            }
            pairs.append(
                MinimalPair(
                    good: try text(values[0..<2], goodKeys), bad: try text(values[2..<4], badKeys),
                    phenomenon: phenomenon ?? file.title))
        }
        return pairs
    }

    private static func readTable(
        _ file: LabelledFile, _ format: LabelledFile.Format
    ) throws(Failure) -> [MinimalPair] {
        var rows = TableRows(file, format)
        guard try rows.next() else { throw .badData("\(file.path): expected pairs, found blank lines only") }
        let names = (0..<rows.count).map { String(decoding: rows.field($0), as: UTF8.self) }
        func place(_ keys: [String]) -> Int? { keys.lazy.compactMap { names.firstIndex(of: $0) }.first }
        let (named, otherNamed) = (place(goodKeys), place(badKeys))
        let hasHeader = named != nil || otherNamed != nil
        guard let good = hasHeader ? named : 0, let bad = hasHeader ? otherNamed : 1 else {
            throw .badData("\(file.path): \(missingColumn(named == nil ? "good" : "bad", of: names))")
        }
        if hasHeader, try !rows.next() {
            throw file.source(1).failure("a header and nothing else; expected a pair in each line after it")
        }
        let phenomenon = hasHeader ? place(phenomenonKeys) : nil
        let count = hasHeader ? names.count : 2
        var pairs: [MinimalPair] = []
        repeat {
            guard rows.count == count else {
                throw rows.source.failure(
                    "expected \(counted(count, "column")) (\(rows.separatorName) separated), "
                        + (hasHeader ? "as in the header" : "good and bad, or a header that names them")
                        + ", found \(rows.count); mend the line")
            }
            let source = rows.source
            pairs.append(
                MinimalPair(
                    good: try source.notEmpty(rows.field(good), "good"),
                    bad: try source.notEmpty(rows.field(bad), "bad"),
                    phenomenon: try phenomenon.map { (place) throws(Failure) in
                        try source.short(rows.field(place), "a phenomenon")
                    } ?? file.title))
        } while try rows.next()
        return pairs
    }
}

/// The pairs of some files one after the other, those of one file in memory at a time.
package struct MinimalPairReader {
    private let paths: [String]
    private var opened = 0
    private var pairs: ArraySlice<MinimalPair> = []
    private var pairsInFile = 1

    /// Files, and folders for all .jsonl and .tsv in them, in the order of their names.
    package init(_ paths: [String]) throws(Failure) {
        var files: [String] = []
        for path in paths {
            switch FileAccess.kind(of: path) {
            case .missing: throw .inputOutput("\(path): no such file or folder; check --pairs")
            case .file, .other: files.append(path)
            case .folder:
                let names = try FileAccess.names(in: path).filter { $0.hasSuffix(".jsonl") || $0.hasSuffix(".tsv") }
                guard !names.isEmpty else {
                    throw .badData("\(path): no .jsonl or .tsv in this folder; name files with --pairs")
                }
                files += names.map { "\(path)/\($0)" }
            }
        }
        self.paths = files
    }

    /// Up to `count` pairs, at least one; nil at the end.
    package mutating func next(_ count: Int) throws(Failure) -> [MinimalPair]? {
        while pairs.isEmpty {
            guard opened < paths.count else { return nil }
            pairs = try MinimalPairFile.read(paths[opened])[...]
            pairsInFile = max(pairs.count, 1)
            opened += 1
        }
        defer { pairs = pairs.dropFirst(count) }
        return Array(pairs.prefix(count))
    }

    /// Of all files, taken to be of one length, what was read.
    package var share: Double {
        (Double(opened) - Double(pairs.count) / Double(pairsInFile)) / Double(paths.count)
    }
}

extension LabelledFile {
    /// Its name without folders and suffixes.
    fileprivate var title: String {
        let name = path.split(separator: "/").last ?? Substring(path)
        return String(name.prefix { $0 != "." })
    }
}

extension SourceLine {
    fileprivate func notEmpty(_ text: [UInt8], _ key: String) throws(Failure) -> [UInt8] {
        if text.allSatisfy(isSpace) { throw emptyText(.named(key)) }
        return text
    }
}
