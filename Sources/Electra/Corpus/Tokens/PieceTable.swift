/// From the bytes of a WordPiece to its id, without making a String: open addressing over a byte arena.
///
/// Pieces that start a word and pieces that continue one (stored without their `##`) share the slots but hash from
/// different seeds. The hash grows byte by byte, so one pass over a word gives the hash of each of its prefixes:
/// that is what greedy longest match asks for.
///
/// Immutable once built, hence Sendable.
package final class PieceTable: @unchecked Sendable {
    struct Slot {
        var tag: UInt32
        /// Where the piece lies in the arena; `free` where there is none.
        var offset: UInt32
        static let free = UInt32.max
    }

    /// Before the text of a piece in the arena, `##` left out: both are in one line of the cache.
    struct Piece {
        var id: Int32
        var length: UInt16
        var continues: Bool
    }

    static let startSeed: UInt64 = 0xCBF2_9CE4_8422_2325
    static let continuationSeed: UInt64 = 0x9AE1_6A3B_2F90_404F

    private let slots: UnsafeMutablePointer<Slot>
    private let mask: Int
    private let arena: UnsafeMutableRawPointer
    /// No piece is longer than this, in bytes without `##`.
    let longestPiece: Int

    init(_ vocabulary: Vocabulary) {
        let texts = vocabulary.wordPieces.map { Array($0.utf8) }
        let marker = Array("##".utf8)
        var capacity = 16
        while capacity < 2 * texts.count { capacity *= 2 }
        mask = capacity - 1
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: Slot(tag: 0, offset: Slot.free), count: capacity)
        let stride = MemoryLayout<Piece>.stride
        arena = .allocate(
            byteCount: max(1, texts.reduce(0) { $0 + stride + Self.padded($1.count) }),
            alignment: MemoryLayout<Piece>.alignment)
        var used = 0
        var longest = 0
        for (id, text) in texts.enumerated() {
            let continues = text.count > 2 && text.starts(with: marker)
            let bytes = continues ? text.dropFirst(2) : text[...]
            // A word has at most 100 characters; a longer piece is in the vocabulary but matches nothing, nor does none.
            guard (1...4 * BertNormalizer.characterLimit).contains(bytes.count) else { continue }
            let offset = UInt32(used)
            let piece = Piece(id: Int32(id), length: UInt16(bytes.count), continues: continues)
            arena.storeBytes(of: piece, toByteOffset: used, as: Piece.self)
            var hash = continues ? Self.continuationSeed : Self.startSeed
            for (place, byte) in bytes.enumerated() {
                arena.storeBytes(of: byte, toByteOffset: used + stride + place, as: UInt8.self)
                hash = Self.extend(hash, byte)
            }
            used += stride + Self.padded(bytes.count)
            longest = max(longest, bytes.count)
            var slot = Self.spread(hash) & mask
            while slots[slot].offset != Slot.free { slot = (slot + 1) & mask }
            slots[slot] = Slot(tag: UInt32(hash >> 32), offset: offset)
        }
        longestPiece = longest
    }

    deinit {
        slots.deallocate()
        arena.deallocate()
    }

    private static func padded(_ count: Int) -> Int {
        let alignment = MemoryLayout<Piece>.alignment
        return (count + alignment - 1) / alignment * alignment
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
            if candidate.offset == Slot.free { return -1 }
            if candidate.tag == tag {
                let place = arena + Int(candidate.offset)
                let piece = place.assumingMemoryBound(to: Piece.self).pointee
                if Int(piece.length) == count && piece.continues == continues {
                    let text = (place + MemoryLayout<Piece>.stride).assumingMemoryBound(to: UInt8.self)
                    var index = 0
                    while index < count && text[index] == bytes[index] { index += 1 }
                    if index == count { return piece.id }
                }
            }
            slot = (slot + 1) & mask
        }
    }
}
