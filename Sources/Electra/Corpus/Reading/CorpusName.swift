/// What the name of a file says of its content. Content decides (`ContentFormat`); the name counts where that can be read in
/// two ways, and says which files of a folder are meant to be read at all.
struct CorpusName {
    /// The suffixes but those of packing, in lower case: "wiki.JSONL.xz" has "jsonl".
    private let suffix: String
    /// What the name says that packed it, as `ArchiveBytes` calls it.
    let packing: String?

    private static let packings = [
        "gz": "gzip", "bz2": "bzip2", "xz": "xz", "zst": "zstd", "zstd": "zstd", "lz4": "lz4", "lz": "lzip",
        "z": "compress",
        "tgz": "gzip", "tbz2": "bzip2", "tbz": "bzip2", "txz": "xz", "tzst": "zstd",
    ]
    private static let archives = ["tar", "tgz", "tbz2", "tbz", "txz", "tzst", "zip"]
    private static let text = ["txt", "text"]
    private static let json = ["jsonl", "json", "ndjson", "jsonlines"]

    /// The names that are read in folders, for messages.
    static let suffixes = "\((text + json).map { "." + $0 }.joined(separator: ", ")) (packed, too), .tar, .zip, or none"

    init(_ path: String) {
        let name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
        var suffixes = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().map(String.init)
        packing = suffixes.last.flatMap { Self.packings[$0] }
        if packing != nil, let last = suffixes.last, !Self.archives.contains(last) { suffixes.removeLast() }
        suffix = suffixes.last ?? ""
    }

    var isJSON: Bool { Self.json.contains(suffix) }
    var isTable: Bool { ["csv", "tsv"].contains(suffix) }
    /// Says that it is text, or an archive, which may have some.
    var isText: Bool { Self.text.contains(suffix) || isJSON || Self.archives.contains(suffix) }
    /// Says nothing: no suffix, or a number, as in wiki_00 and part.17.
    var isSilent: Bool { suffix.allSatisfy(\.isNumber) || suffix.contains(" ") }
}
