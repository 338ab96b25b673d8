/// From the bytes of a WordPiece to its id, without making a String: open addressing over a byte arena.
///
/// Pieces that start a word and pieces that continue one (stored without their `##`) share the slots but hash from
/// different seeds. The hash grows byte by byte, so one pass over a word gives the hash of each of its prefixes:
/// that is what greedy longest match asks for.
///
/// Immutable once built, hence Sendable.
final class PieceTable: @unchecked Sendable {
    struct Slot {
        var tag: UInt32
        /// -1 where the slot is free.
        var id: Int32
    }

    static let startSeed: UInt64 = 0xCBF2_9CE4_8422_2325
    static let continuationSeed: UInt64 = 0x9AE1_6A3B_2F90_404F

    private let slots: UnsafeMutablePointer<Slot>
    private let mask: Int
    private let arena: UnsafeMutablePointer<UInt8>
    /// Where the text of a piece lies in the arena, `##` left out, and whether it had one.
    private let places: UnsafeMutablePointer<(offset: UInt32, length: UInt16, continues: Bool)>
    private let pieceCount: Int
    /// No piece is longer than this, in bytes without `##`.
    let longestPiece: Int

    init(_ vocabulary: Vocabulary) {
        let texts = vocabulary.wordPieces.map { Array($0.utf8) }
        let marker = Array("##".utf8)
        var capacity = 16
        while capacity < 2 * texts.count { capacity *= 2 }
        mask = capacity - 1
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: Slot(tag: 0, id: -1), count: capacity)
        arena = .allocate(capacity: max(1, texts.reduce(0) { $0 + $1.count }))
        places = .allocate(capacity: texts.count)
        pieceCount = texts.count
        var used = 0
        var longest = 0
        for (id, text) in texts.enumerated() {
            let continues = text.count > 2 && text.starts(with: marker)
            let bytes = continues ? text.dropFirst(2) : text[...]
            // A word has at most 100 characters; a longer piece is in the vocabulary but matches nothing, nor does none.
            guard (1...4 * BertNormalizer.characterLimit).contains(bytes.count) else {
                places[id] = (0, 0, false)
                continue
            }
            places[id] = (UInt32(used), UInt16(bytes.count), continues)
            var hash = continues ? Self.continuationSeed : Self.startSeed
            for byte in bytes {
                arena[used] = byte
                used += 1
                hash = Self.extend(hash, byte)
            }
            longest = max(longest, bytes.count)
            var slot = Self.spread(hash) & mask
            while slots[slot].id >= 0 { slot = (slot + 1) & mask }
            slots[slot] = Slot(tag: UInt32(hash >> 32), id: Int32(id))
        }
        longestPiece = longest
    }

    deinit {
        slots.deallocate()
        arena.deallocate()
        places.deallocate()
    }

    /// How many of the ids begin a word, as those of added words do, which no piece has; and how many are `unknown`.
    func countWords(in ids: UnsafeBufferPointer<Int32>, unknown: Int32) -> (words: Int, lost: Int) {
        var continuing = 0
        var lost = 0
        for id in ids {
            if Int(id) < pieceCount && places[Int(id)].continues { continuing += 1 }
            if id == unknown { lost += 1 }
        }
        return (ids.count - continuing, lost)
    }

    /// FNV-1a with a 64-bit odd multiplier.
    @inline(__always)
    static func extend(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x9E37_79B9_7F4A_7C15
    }

    @inline(__always)
    static func spread(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: (hash ^ (hash >> 29)) & 0x7FFF_FFFF)
    }

    /// The id of the piece that spells `bytes`, whose hash (from the seed that goes with `continues`) is `hash`; or -1.
    @inline(__always)
    func id(_ bytes: UnsafePointer<UInt8>, _ count: Int, continues: Bool, hash: UInt64) -> Int32 {
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        var slot = Self.spread(hash) & mask
        while true {
            let candidate = slots[slot]
            if candidate.id < 0 { return -1 }
            if candidate.tag == tag {
                let place = places[Int(candidate.id)]
                if Int(place.length) == count && place.continues == continues {
                    let text = arena + Int(place.offset)
                    var index = 0
                    while index < count && text[index] == bytes[index] { index += 1 }
                    if index == count { return candidate.id }
                }
            }
            slot = (slot + 1) & mask
        }
    }
}
