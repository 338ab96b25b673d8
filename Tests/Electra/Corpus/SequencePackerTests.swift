import TestSupport
import Testing

@testable import ElectraCorpus
@testable import ElectraKernels
@testable import ElectraSupport

private let classifier: Int32 = 2
private let separator: Int32 = 3

/// Documents with sentences of odd lengths, some far longer than a sequence; the ids count up from 5.
private func documents(_ count: Int, longest: Int) -> [[[Int32]]] {
    var next: Int32 = 5
    return (0..<count).map { document in
        (0..<1 + document * 7 % 23).map { sentence in
            let chance = RandomStream(seed: 99, .packing, step: document, sequence: sentence)
            return (0..<1 + chance.integer(0, below: longest)).map { _ in
                defer { next += 1 }
                return next
            }
        }
    }
}

private struct Packed {
    let ids: [Int32]
    let origin: SequencePacker.Sequence
}

private func pack(_ documents: [[[Int32]]], maximumLength: Int, seed: UInt64 = 1) throws -> [Packed] {
    let vocabulary = try Vocabulary(pieces: Vocabulary.specialPieces, name: "test")
    var packer = SequencePacker(maximumLength: maximumLength, seed: seed, vocabulary: vocabulary)
    var packed: [Packed] = []
    for document in documents {
        for sentence in document {
            try sentence.withUnsafeBufferPointer { sentence in
                try packer.add(sentence) { (ids, origin) throws(Failure) in
                    packed.append(Packed(ids: Array(ids), origin: origin))
                }
            }
        }
        // A second end is no document.
        for _ in 0..<2 {
            try packer.endDocument { (ids, origin) throws(Failure) in
                packed.append(Packed(ids: Array(ids), origin: origin))
            }
        }
    }
    return packed
}

@Suite struct SequencePackerTests {
    @Test(arguments: [8, 16, 64, 128], [3, 40, 700])
    func nothingIsLostAndEverySequenceIsWellFormed(maximumLength: Int, longest: Int) throws {
        let corpus = documents(40, longest: longest)
        let packed = try pack(corpus, maximumLength: maximumLength)
        for (number, document) in corpus.enumerated() {
            let sequences = packed.filter { $0.origin.document == number }
            let tokens = sequences.flatMap { $0.ids.filter { $0 != classifier && $0 != separator } }
            #expect(tokens == document.flatMap { $0 })
            #expect(sequences.map(\.origin.number) == Array(0..<sequences.count))
        }
        for sequence in packed {
            let first = sequence.origin.firstSegmentLength
            #expect(sequence.ids.count >= 3 && sequence.ids.count <= maximumLength)
            #expect(sequence.ids.first == classifier && sequence.ids.last == separator)
            #expect(first >= 3 && sequence.ids[first - 1] == separator)
            // No second segment, or one with a token at least.
            #expect(first == sequence.ids.count || sequence.ids.count >= first + 2)
            #expect(sequence.ids.count { $0 == separator } == (first == sequence.ids.count ? 1 : 2))
            #expect(sequence.ids.count { $0 == classifier } == 1)
        }
    }

    @Test func lengthsAndSegmentsFollowTheReference() throws {
        // One long document of short sentences: every sequence but the last is full or aimed lower by chance.
        let corpus = [(0..<60_000).map { [Int32](repeating: Int32(5 + $0 % 100), count: 1 + $0 % 9) }]
        let packed = try pack(corpus, maximumLength: 128)
        let count = Double(packed.count)
        let short = Double(packed.count { $0.ids.count < 125 }) / count
        #expect(abs(short - 0.05) < 0.015, "\(short) of the sequences are short")
        let single = Double(packed.count { $0.origin.firstSegmentLength == $0.ids.count }) / count
        #expect(abs(single - 0.11) < 0.025, "\(single) of the sequences have one segment")
        // A is about half of the target: (128 - 3) / 2, with [CLS] and [SEP].
        let halves = packed.filter { $0.ids.count >= 125 && $0.origin.firstSegmentLength < $0.ids.count }
        let mean = halves.reduce(0) { $0 + $1.origin.firstSegmentLength } / halves.count
        #expect((60...70).contains(mean), "the mean first segment has \(mean) positions")
    }

    @Test func chanceIsOfTheSeedAndTheDocument() throws {
        let corpus = documents(40, longest: 40)
        let one = try pack(corpus, maximumLength: 64, seed: 1).map(\.ids)
        #expect(try pack(corpus, maximumLength: 64, seed: 1).map(\.ids) == one)
        #expect(try pack(corpus, maximumLength: 64, seed: 2).map(\.ids) != one)
    }
}

@Suite struct HeldOutSplitTests {
    @Test(arguments: [0.01, 0.05, 0.1, 0.3, 0.5])
    func oneOfEachStratumIsHeldOut(fraction: Double) {
        let split = HeldOutSplit(fraction: fraction, seed: 3)
        let chosen = (0..<10_000).filter { split.holdsOut(piece: $0) }
        #expect(abs(Double(chosen.count) - 10_000 * fraction) <= (fraction == 0.3 ? 60 : 2))
        #expect((0..<10_000).filter { HeldOutSplit(fraction: fraction, seed: 4).holdsOut(piece: $0) } != chosen)
    }

    @Test func nothingIsHeldOutForNothing() {
        #expect(!(0..<100).contains { HeldOutSplit(fraction: 0, seed: 3).holdsOut(piece: $0) })
    }
}
