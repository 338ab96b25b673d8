import ElectraCorpus
import ElectraSupport
import Foundation

/// `electra-dist inspect DATA`: a summary on one screen, after every checksum was compared.
func inspectDataSet(_ path: String, samples: Int) throws(Failure) {
    let data = try DataSet(path)
    try data.verify(progress: ProgressLine("checking"))
    let manifest = data.manifest
    let unknown = manifest.unknownShare
    let sources = manifest.sources.reduce(0) { $0 + $1.bytes }
    print(
        """
        data set     \(path)
        identity     \(data.identity)
        vocabulary   \(data.vocabulary.count) pieces, \(manifest.rules.name)
        documents    \(manifest.documents) from \(counted(manifest.sources.count, "file")) \
        (\(megabytes(sources)))
        unknown      \(unknown.count) of \(unknown.of) \(unknown.what) are [UNK] (\(percent(unknown.count, of: unknown.of)))
        """)
    if let note = manifest.noteOnUnknown(path) { ProgressLine.note(note) }
    for split in Manifest.Split.allCases { printSplit(data, split) }
    print("checksums    all right")

    for split in Manifest.Split.allCases {
        let store = data[split]
        let shown = min(samples, store.count)
        if shown == 0 { continue }
        print("\n\(split.rawValue), \(shown) of \(counted(store.count, "sequence")):")
        for sample in 0..<shown {
            // Spread over the split, so that not all come from one document.
            let index = sample * (store.count / shown)
            let (ids, first) = try store.sequence(index)
            print("  \(index) (\(ids.count) tokens, first segment \(first)): \(data.vocabulary.text(of: ids))")
        }
    }
}

private func printSplit(_ data: DataSet, _ split: Manifest.Split) {
    let store = data[split]
    let entry = data.manifest.entry(of: split)
    let label = split.rawValue + String(repeating: " ", count: 13 - split.rawValue.count)
    guard store.count > 0 else {
        print(label + "none")
        return
    }
    var shortest = Int.max
    var longest = 0
    var full = 0
    for index in 0..<store.count {
        let length = store.length(of: index)
        shortest = min(shortest, length)
        longest = max(longest, length)
        // A sequence of two segments may end a few positions before the maximum.
        if length >= store.maximumLength - 3 { full += 1 }
    }
    let bytes = entry.shards.reduce(0) { $0 + $1.bytes }
    print(
        label + "\(counted(store.count, "sequence")), \(counted(entry.tokens, "token")), "
            + "\(counted(entry.shards.count, "shard")) (\(megabytes(bytes)))")
    print(
        "             lengths \(shortest) to \(longest) of \(store.maximumLength), mean \(entry.tokens / store.count); "
            + "\(percent(full, of: store.count)) full; fill rate \(percent(entry.tokens, of: store.count * store.maximumLength))"
    )
}

private func percent(_ part: Int, of whole: Int) -> String {
    String(format: "%.2f %%", 100 * Double(part) / Double(max(whole, 1)))
}

func megabytes(_ bytes: Int) -> String {
    bytes < 100_000 ? "\(bytes) bytes" : String(format: "%.1f MB", Double(bytes) / 1e6)
}
