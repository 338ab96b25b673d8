package import ElectraSupport

/// The sequences of one split, numbered from 0 across its shards.
package struct SequenceStore: Sendable {
    package let split: Manifest.Split
    package let count: Int
    package let maximumLength: Int
    package let shards: [Shard]
    /// `starts[i]` is the number of the first sequence of shard i; one more for the end.
    private let starts: [Int]

    package init(_ split: Manifest.Split, of manifest: Manifest, in folder: String) throws(Failure) {
        var shards: [Shard] = []
        var starts = [0]
        for entry in manifest.entry(of: split).shards {
            let shard = try Shard(path: folder + "/" + entry.name, expecting: entry, in: manifest)
            shards.append(shard)
            starts.append(starts[starts.count - 1] + shard.count)
        }
        self.split = split
        self.shards = shards
        self.starts = starts
        count = starts[starts.count - 1]
        maximumLength = manifest.maxLength
    }

    /// The count of positions that a sequence fills, [CLS] and [SEP] included; reads the index only.
    package func length(of index: Int) -> Int {
        let shard = shard(of: index)
        return shards[shard].length(of: index - starts[shard])
    }

    /// Copies the ids of a sequence to `ids`, which has room for `maximumLength`; allocates nothing.
    ///
    /// `length` positions are filled: [CLS] A [SEP], or [CLS] A [SEP] B [SEP]. The first `firstSegmentLength` of them,
    /// [CLS] A [SEP], have token type 0 and the others type 1.
    package func read(
        _ index: Int, into ids: UnsafeMutablePointer<Int32>
    ) throws(Failure) -> (length: Int, firstSegmentLength: Int) {
        let shard = shard(of: index)
        return try shards[shard].read(index - starts[shard], into: ids)
    }

    /// The ids of a sequence and the length of its first segment, for tests and for showing.
    package func sequence(_ index: Int) throws(Failure) -> (ids: [Int32], firstSegmentLength: Int) {
        var ids = [Int32](repeating: 0, count: maximumLength)
        let (length, first) = try ids.withUnsafeMutableBufferPointer { (buffer) throws(Failure) in
            try read(index, into: buffer.baseAddress!)
        }
        return (Array(ids[..<length]), first)
    }

    /// Binary search for the last shard that starts at or before `index`.
    @inline(__always)
    private func shard(of index: Int) -> Int {
        precondition(index >= 0 && index < count, "no such sequence")
        var low = 0
        var high = shards.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= index { low = middle } else { high = middle }
        }
        return low
    }
}
