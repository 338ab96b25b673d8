/// How often each word occurs: open addressing over the bytes of all words, laid end to end. A dictionary of arrays
/// would allocate for every word that it looks up.
///
/// Words are told apart by their bytes. Not Sendable: one for each thread, added up afterwards.
package final class WordTable {
    private struct Entry {
        var offset: Int
        var length: Int
        var hash: UInt64
        var count: Int
    }

    private var entries: [Entry] = []
    private var bytes: [UInt8] = []
    /// Number of an entry plus 1; 0 where free.
    private var slots: [Int32]

    init() {
        slots = Array(repeating: 0, count: 1 << 12)
    }

    var count: Int { entries.count }

    func add(_ word: UnsafeBufferPointer<UInt8>, times: Int = 1) {
        var hash = PieceTable.startSeed
        for byte in word { hash = PieceTable.extend(hash, byte) }
        add(word, times: times, hash: hash)
    }

    func add(_ other: WordTable) { other.forEach { add($0, times: $1) } }

    /// Every word and its count, in the order in which the words were met first.
    func forEach(_ body: (_ word: UnsafeBufferPointer<UInt8>, _ count: Int) -> Void) {
        bytes.withUnsafeBufferPointer { bytes in
            for entry in entries {
                body(UnsafeBufferPointer(rebasing: bytes[entry.offset..<entry.offset + entry.length]), entry.count)
            }
        }
    }

    /// Every word and its count, in the order of the words' bytes.
    func forEachSorted(_ body: (_ word: UnsafeBufferPointer<UInt8>, _ count: Int) -> Void) {
        bytes.withUnsafeBufferPointer { bytes in
            func word(_ entry: Entry) -> UnsafeBufferPointer<UInt8> {
                UnsafeBufferPointer(rebasing: bytes[entry.offset..<entry.offset + entry.length])
            }
            for entry in entries.sorted(by: { word($0).lexicographicallyPrecedes(word($1)) }) {
                body(word(entry), entry.count)
            }
        }
    }

    private func add(_ word: UnsafeBufferPointer<UInt8>, times: Int, hash: UInt64) {
        let slot = slot(of: word, hash: hash)
        if slots[slot] > 0 {
            entries[Int(slots[slot]) - 1].count += times
            return
        }
        entries.append(Entry(offset: bytes.count, length: word.count, hash: hash, count: times))
        bytes.append(contentsOf: word)
        slots[slot] = Int32(entries.count)
        if 2 * entries.count > slots.count { grow() }
    }

    /// The slot that holds the word, or the free one where it belongs.
    private func slot(of word: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int {
        var slot = PieceTable.spread(hash) & (slots.count - 1)
        while slots[slot] > 0 {
            let entry = entries[Int(slots[slot]) - 1]
            if entry.hash == hash && entry.length == word.count && isSame(word, entry) { return slot }
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    private func isSame(_ word: UnsafeBufferPointer<UInt8>, _ entry: Entry) -> Bool {
        for index in 0..<word.count where bytes[entry.offset + index] != word[index] { return false }
        return true
    }

    private func grow() {
        slots = Array(repeating: 0, count: 2 * slots.count)
        for (number, entry) in entries.enumerated() {
            var slot = PieceTable.spread(entry.hash) & (slots.count - 1)
            while slots[slot] > 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(number + 1)
        }
    }
}
