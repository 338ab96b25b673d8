import CKernels
import TestSupport
import Testing

@testable import ElectraKernels

/// Dropout masks: a pure function of their key, equal to the definition in dropout.c element by element.
struct DropoutTests {
    let arena = Arena()

    /// Element e takes half e & 1 of word (e >> 1) & 3 of counter e >> 3.
    private func definition(_ element: Int, threshold: UInt16, _ stream: RandomStream) -> UInt8 {
        let block = ck_philox(
            UInt32(element / 8), stream.sequence, stream.step, stream.site, stream.key0, stream.key1)
        let words = [block.word.0, block.word.1, block.word.2, block.word.3]
        let word = words[element / 2 % 4]
        return UInt16(truncatingIfNeeded: element % 2 == 0 ? word : word >> 16) >= threshold ? 1 : 0
    }

    private func mask(_ count: Int, rate: Float, _ stream: RandomStream) -> [UInt8] {
        let keep = arena.array(of: UInt8.self, count: count + 1)
        keep[count] = 77
        Dropout.fillMask(keep, count: count, threshold: Dropout.threshold(rate: rate), stream: stream)
        #expect(keep[count] == 77, "written beyond the end")
        return Array(UnsafeBufferPointer(start: keep, count: count))
    }

    private let stream = RandomStream(seed: 0x1234_5678_9ABC_DEF0, .dropout, site: 3, step: 4, sequence: 5)

    @Test(arguments: [1, 3, 16, 17, 127, 128, 129, 255, 257, 1000])
    func maskIsItsDefinition(_ count: Int) {
        for rate: Float in [0.1, 0.5, 0.9] {
            let threshold = Dropout.threshold(rate: rate)
            let expected = (0..<count).map { definition($0, threshold: threshold, stream) }
            #expect(mask(count, rate: rate, stream) == expected)
        }
        #expect(mask(count, rate: 0, stream).allSatisfy { $0 == 1 })
    }

    /// The number kept is binomial: five deviations are not exceeded by chance.
    @Test(arguments: [Float(0.01), 0.1, 0.25, 0.5, 0.9])
    func asManyStayAsShould(rate: Float) {
        let count = 200_003
        let kept = mask(count, rate: rate, stream).count { $0 == 1 }
        let share = 1 - Double(Dropout.threshold(rate: rate)) / 65536
        let deviation = (Double(count) * share * (1 - share)).squareRoot()
        #expect(abs(Double(kept) - Double(count) * share) < 5 * deviation)
        // What stays is scaled up by the inverse of the share that stays.
        #expect(abs(Double(Dropout.scale(threshold: Dropout.threshold(rate: rate))) * share - 1) < rounding)
    }

    /// Any part of the key makes another mask, of which half the elements agree by chance.
    @Test func everyPartOfTheKeyCounts() {
        let count = 10_000
        let keys: [(UInt64, Int, Int, Int)] = [
            (1, 0, 0, 0), (2, 0, 0, 0), (1 << 32 | 1, 0, 0, 0), (1, 1, 0, 0), (1, 0, 1, 0), (1, 0, 0, 1),
        ]
        let masks = keys.map { seed, site, step, sequence in
            mask(count, rate: 0.5, RandomStream(seed: seed, .dropout, site: site, step: step, sequence: sequence))
        }
        for first in masks.indices {
            for second in masks.indices where second > first {
                let equal = zip(masks[first], masks[second]).count { $0 == $1 }
                #expect(abs(equal - count / 2) < 250, "masks \(first) and \(second)")
            }
        }
        #expect(mask(count, rate: 0.5, stream) == mask(count, rate: 0.5, stream))
    }

    /// Networks, layers, sites, heads, sequences and steps of the model.
    @Test func everySiteOfTheModelHasItsOwnMask() {
        let batch = SequenceBatch(maximumSequences: 2, maximumLength: 8, arena: arena)
        for key in [4, 9] { batch.append(key: key) { _ in (8, 8) } }
        let keep = arena.array(of: UInt8.self, count: 16 * 16)
        var seen: Set<[UInt8]> = []
        var count = 0
        func note(_ mask: DropoutMask, _ elements: Int) {
            guard let keep = mask.keep else { return }
            seen.insert(Array(UnsafeBufferPointer(start: keep, count: elements)))
            count += 1
        }
        for network in 0..<2 {
            for step in 0..<2 {
                let source = DropoutSource(network: network, hiddenRate: 0.5, attentionRate: 0.5, seed: 1, step: step)
                note(source.hiddenMask(.embeddings, layer: 0, batch: batch, columns: 8, keep), 64)
                for layer in 0..<3 {
                    for site in [DropoutSource.Site.attentionOutput, .feedForwardOutput] {
                        let mask = source.hiddenMask(site, layer: layer, batch: batch, columns: 8, keep)
                        note(mask, 64)
                        note(DropoutMask(keep: mask.keep.map { $0 + 64 }, scale: mask.scale), 64)
                    }
                    for head in 0..<3 {
                        for sequence in [4, 9] {
                            note(
                                source.attentionMask(
                                    layer: layer, head: head, sequence: sequence, count: 64, keep), 64)
                        }
                    }
                }
            }
        }
        #expect(count == 4 * (1 + 3 * (4 + 6)))
        #expect(seen.count == count)
    }

    /// The mask of a sequence does not depend on what stands beside it.
    @Test func neighboursDoNotMatter() {
        let source = DropoutSource(network: 0, hiddenRate: 0.3, attentionRate: 0, seed: 1, step: 2)
        func masks(_ sequences: [(key: Int, length: Int)]) -> [UInt8] {
            let batch = SequenceBatch(maximumSequences: 2, maximumLength: 9, arena: arena)
            for sequence in sequences { batch.append(key: sequence.key) { _ in (sequence.length, 1) } }
            let keep = arena.array(of: UInt8.self, count: batch.tokenCount * 33)
            _ = source.hiddenMask(.attentionOutput, layer: 1, batch: batch, columns: 33, keep)
            return Array(UnsafeBufferPointer(start: keep, count: batch.tokenCount * 33))
        }
        #expect(masks([(3, 9), (8, 5)]) == masks([(3, 9)]) + masks([(8, 5)]))
    }

    @Test(arguments: [1, 3, 17, 33, 65, 130])
    func applied(_ count: Int) {
        var random = RandomNumbers(seed: count)
        let x = random.normals(count)
        let keep = random.keeps(count)
        let mask = DropoutMask(keep: arena.copy(keep), scale: 4 / 3)
        let expected = Reference.product(doubles(x), Reference.factors(keep, scale: 4 / 3))
        var applied = arena.tensor(x, columns: count)
        Dropout.apply(&applied, rows: 1, mask: .off)
        #expect(applied.checkedValues() == x)
        Dropout.apply(&applied, rows: 1, mask: mask)
        expectClose(applied.checkedValues(), expected, bound: rounding, "x keep / (1 - rate)")
    }
}
