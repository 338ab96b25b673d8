import TestSupport
import Testing

@testable import ElectraKernels
@testable import ElectraPretraining

/// Which positions are masked, and how a micro-batch keeps it.
struct MaskingTests {
    let arena = Arena()
    private let masking = Masking(MaskingOptions(), maximumLength: 128, vocabularySize: 61, cls: 2, sep: 3, mask: 4)

    /// [CLS], words, [SEP], as many words, [SEP].
    private func ids(length: Int, seed: Int) -> [Int32] {
        var random = RandomNumbers(seed: seed)
        var ids = random.integers(length, below: 90).map { $0 + 5 }
        ids[0] = 2
        ids[length / 2] = 3
        ids[length - 1] = 3
        return ids
    }

    /// A micro-batch of these sequences, masked as in step `step`.
    private func masked(
        _ sequences: [(key: Int, ids: [Int32])], seed: UInt64 = 1, step: Int = 0, by masking: Masking? = nil
    ) -> MaskedBatch {
        let masking = masking ?? self.masking
        let batch = MaskedBatch(
            maximumSequences: sequences.count, maximumLength: 128,
            maximumMaskedPerSequence: masking.maximumPerSequence, arena: arena)
        for sequence in sequences {
            batch.append(key: sequence.key) { memory in
                memory.update(from: sequence.ids, count: sequence.ids.count)
                return (sequence.ids.count, sequence.ids.count / 2 + 1)
            }
            masking.mask(lastOf: batch, seed: seed, step: step)
        }
        return batch
    }

    private func maskedRows(_ batch: MaskedBatch) -> [Int] { (0..<batch.maskedCount).map { Int(batch.maskedRows[$0]) } }

    @Test func asManyAsTheReferenceWants() {
        #expect(Masking.maximumPerSequence(probability: 0.15, maximumLength: 128) == 19)
        #expect(Masking.maximumPerSequence(probability: 0.15, maximumLength: 512) == 79)
        #expect(Masking.maximumPerSequence(probability: 0.25, maximumLength: 512) == 130)
        // round(0.15 n), halves to even (10 -> 1.5 -> 2, 30 -> 4.5 -> 4), at least 1, at most 19.
        for (length, expected) in [(4, 1), (5, 1), (10, 2), (30, 4), (50, 8), (128, 19)] {
            #expect(masked([(0, ids(length: length, seed: length))]).maskedCount == expected, "\(length) tokens")
        }
    }

    @Test func neverMoreThanThereAreCandidates() {
        // 20 tokens ask for three, two may be masked.
        var ids = [Int32](repeating: 3, count: 20)
        ids[7] = 50
        ids[11] = 60
        #expect(maskedRows(masked([(0, ids)])) == [7, 11])
        // No candidates, no mask.
        let batch = masked([(0, [2, 4, 4, 3]), (1, [2, 50, 3])])
        #expect(maskedRows(batch) == [5])
    }

    @Test func positionsAreAscendingDistinctAndNeverSpecial() {
        for step in 0..<50 {
            let batch = masked([(6, ids(length: 128, seed: 1)), (9, ids(length: 61, seed: 2))], step: step)
            let rows = maskedRows(batch)
            #expect(zip(rows, rows.dropFirst()).allSatisfy { $0 < $1 })
            #expect(rows.allSatisfy { batch.sequences.ids[$0] >= 5 })
            let changed = (0..<batch.sequences.tokenCount).filter { batch.maskedIds[$0] != batch.sequences.ids[$0] }
            #expect(changed.allSatisfy { rows.contains($0) && batch.maskedIds[$0] == 4 })
            #expect((0..<batch.sequences.tokenCount).allSatisfy { batch.corruptedIds[$0] == batch.sequences.ids[$0] })
            let uniforms = (0..<batch.maskedCount).map { batch.maskedUniforms[$0] }
            #expect(uniforms.allSatisfy { $0 > 0 && $0 < 1 } && Set(uniforms).count == uniforms.count)
        }
    }

    /// 85 % show [MASK], every candidate is chosen as often as any other: binomial counts, five deviations.
    @Test func frequencies() {
        let ids = ids(length: 40, seed: 3)
        let candidates = ids.count { $0 >= 5 }
        var chosen = [Int](repeating: 0, count: 40)
        var shown = 0
        let steps = 4000
        for step in 0..<steps {
            let batch = masked([(0, ids)], step: step)
            for row in maskedRows(batch) {
                chosen[row] += 1
                shown += batch.maskedIds[row] == 4 ? 1 : 0
            }
        }
        let total = 6 * steps
        #expect(chosen.reduce(0, +) == total)
        #expect(abs(Double(shown) - 0.85 * Double(total)) < 5 * (0.85 * 0.15 * Double(total)).squareRoot())
        let share = 6 / Double(candidates)
        let deviation = (share * (1 - share) * Double(steps)).squareRoot()
        for (id, count) in zip(ids, chosen) where id >= 5 {
            #expect(abs(Double(count) - share * Double(steps)) < 5 * deviation)
        }
    }

    /// BERT's: 80 % show [MASK], 10 % a token of the vocabulary, any with the same chance, the others themselves.
    @Test func shownAsBERTDoes() {
        let masking = Masking(
            MaskingOptions(shown: .bert), maximumLength: 128, vocabularySize: 100, cls: 2, sep: 3, mask: 4)
        let ids = ids(length: 100, seed: 3)
        var (masks, others, total) = (0.0, [Double](repeating: 0, count: 100), 0.0)
        for step in 0..<4000 {
            let batch = masked([(0, ids)], step: step, by: masking)
            for row in maskedRows(batch) {
                total += 1
                switch batch.maskedIds[row] {
                case 4: masks += 1
                case let other where other != ids[row]: others[Int(other)] += 1
                default: break
                }
            }
        }
        // A random token is [MASK] once in a hundred, and the token itself.
        #expect(abs(masks / total - 0.801) < 5 * (0.8 * 0.2 / total).squareRoot())
        #expect(abs(others.reduce(0, +) / total - 0.098) < 5 * (0.1 * 0.9 / total).squareRoot())
        for (id, count) in others.enumerated() where id != 4 {
            #expect(abs(count - 0.001 * total) < 5 * (0.001 * total).squareRoot(), "\(id)")
        }
    }

    @Test func theShareOfMasksChangesEvenly() {
        let masking = Masking(
            MaskingOptions(probability: 0.1, probabilityAtEnd: 0.4), maximumLength: 128, vocabularySize: 61, steps: 100,
            cls: 2, sep: 3, mask: 4)
        for (step, expected) in [(0, 10), (50, 25), (100, 40), (1000, 40)] {
            #expect(masked([(0, ids(length: 100, seed: 1))], step: step, by: masking).maskedCount == expected)
        }
    }

    /// Ids of 50 and more go on with a word.
    @Test func wholeWordsAreMaskedWholeAndAsOftenAsOthers() {
        let masking = Masking(
            MaskingOptions(probability: 0.2, wholeWords: true), maximumLength: 128, vocabularySize: 100,
            continuesWord: (0..<100).map { $0 >= 50 }, cls: 2, sep: 3, mask: 4)
        // The first piece belongs to a word that began before the sequence.
        let ids: [Int32] = [2, 60, 10, 11, 70, 12, 80, 81, 13, 14, 3, 15, 90, 16, 17, 91, 92, 18, 19, 3]
        let words = [[1], [2], [3, 4], [5, 6, 7], [8], [9], [11, 12], [13], [14, 15, 16], [17], [18]]
        var chosen = [Double](repeating: 0, count: words.count)
        let steps = 4000
        for step in 0..<steps {
            let rows = maskedRows(masked([(0, ids)], step: step, by: masking))
            #expect(rows == rows.sorted() && Set(rows).count == rows.count && (1...4).contains(rows.count))
            let whole = words.indices.filter { words[$0].allSatisfy(rows.contains) }
            #expect(whole.flatMap { words[$0] } == rows)
            for word in whole { chosen[word] += 1 }
        }
        // Words of one length have one chance.
        let alone = words.indices.filter { words[$0].count == 1 }.map { chosen[$0] }
        let mean = alone.reduce(0, +) / Double(alone.count)
        for count in alone { #expect(abs(count - mean) < 5 * mean.squareRoot()) }
        #expect(chosen.allSatisfy { $0 > 0 })
        // One that is longer than all that is kept is cut.
        let rows = maskedRows(masked([(0, [2, 10, 60, 61, 62, 63, 64, 3])], by: masking))
        #expect(rows == [1, 2])
    }

    /// A pure function of seed, step and key of the sequence.
    @Test func neighboursDoNotMatterButTheKeyDoes() {
        func choices(_ batch: MaskedBatch, _ sequence: Int) -> [[Float]] {
            let start = batch.sequences.start(of: sequence)
            let rows = start..<start + batch.sequences.length(of: sequence)
            return (0..<batch.maskedCount).filter { rows.contains(Int(batch.maskedRows[$0])) }.map {
                let row = Int(batch.maskedRows[$0])
                return [Float(row - start), Float(batch.maskedIds[row]), batch.maskedUniforms[$0]]
            }
        }
        let (a, b) = (ids(length: 128, seed: 1), ids(length: 77, seed: 2))
        let alone = choices(masked([(5, a)]), 0)
        #expect(choices(masked([(4, b), (5, a)]), 1) == alone)
        #expect(choices(masked([(5, a), (4, b)]), 0) == alone)
        #expect(choices(masked([(6, a)]), 0) != alone)
        #expect(choices(masked([(5, a)], seed: 2), 0) != alone)
        #expect(choices(masked([(5, a)], step: 1), 0) != alone)
    }

    /// The reference's way: 19 draws out of 125 candidates hit 17.69 different ones on average (docs/algorithm.md 4); a row
    /// drawn twice shows [MASK] if one of its draws says so, and gets the mean id of its samples.
    @Test func withReplacementRowsMayComeTwice() {
        let masking = Masking(
            MaskingOptions(withReplacement: true), maximumLength: 128, vocabularySize: 61, cls: 2, sep: 3, mask: 4)
        var distinct = 0
        let steps = 2000
        for step in 0..<steps {
            let batch = masked([(0, ids(length: 128, seed: 1))], step: step, by: masking)
            let rows = maskedRows(batch)
            #expect(rows.count == 19 && rows == rows.sorted())
            #expect(rows.allSatisfy { batch.sequences.ids[$0] >= 5 })
            distinct += Set(rows).count
        }
        // Standard error of the mean: about 0.02.
        #expect(abs(Double(distinct) / Double(steps) - 17.69) < 0.1)

        let batch = MaskedBatch(maximumSequences: 1, maximumLength: 4, maximumMaskedPerSequence: 3, arena: arena)
        batch.append(key: 0) { memory in
            for place in 0..<4 { memory[place] = Int32(10 + place) }
            return (4, 4)
        }
        for uniform in [0.1, 0.2, 0.3] as [Float] { batch.choose(row: 2, shown: 4, uniform: uniform) }
        batch.replace(masked: 0, with: 12)
        #expect(batch.corruptedIds[2] == 12 && !batch.isReplaced[2])
        batch.replace(masked: 1, with: 19)
        #expect(batch.corruptedIds[2] == 15 && batch.isReplaced[2])
        batch.replace(masked: 2, with: 7)
        #expect(batch.corruptedIds[2] == 12 && !batch.isReplaced[2])
    }

    @Test func aMicroBatchIsFilledAgainAndAgain() {
        let batch = MaskedBatch(maximumSequences: 2, maximumLength: 6, maximumMaskedPerSequence: 2, arena: arena)
        for round in 0..<3 {
            batch.reset()
            #expect(batch.sequences.sequenceCount == 0 && batch.sequences.tokenCount == 0 && batch.maskedCount == 0)
            for (key, sequence) in [[10, 11, 12, 13, 14, 15], [20, 21, 22]].enumerated() {
                batch.append(key: 100 * round + key) { memory in
                    for (place, id) in sequence.enumerated() { memory[place] = Int32(id) }
                    return (sequence.count, 2)
                }
            }
            #expect(batch.sequences.sequenceCount == 2 && batch.sequences.tokenCount == 9)
            #expect([0, 1].map(batch.sequences.start) == [0, 6] && [0, 1].map(batch.sequences.length) == [6, 3])
            #expect([0, 1].map(batch.sequences.sequenceKey) == [100 * round, 100 * round + 1])
            #expect((0..<9).map { batch.sequences.positions[$0] } == [0, 1, 2, 3, 4, 5, 0, 1, 2])
            #expect((0..<9).map { batch.sequences.segments[$0] } == [0, 0, 1, 1, 1, 1, 0, 0, 1])

            batch.choose(row: 7, shown: 4, uniform: 0.25)
            batch.choose(row: 8, shown: 22, uniform: 0.5)
            #expect(batch.maskedIds[7] == 4 && batch.sequences.ids[7] == 21 && batch.corruptedIds[7] == 21)
            // A wrong guess and a right one.
            batch.replace(masked: 0, with: 30)
            batch.replace(masked: 1, with: 22)
            #expect((0..<9).map { batch.corruptedIds[$0] } == [10, 11, 12, 13, 14, 15, 20, 30, 22])
            #expect((0..<9).map { batch.isReplaced[$0] } == (0..<9).map { $0 == 7 })
        }
    }
}
