package import ElectraKernels
import ElectraModel
import ElectraTraining

/// A micro-batch of labelled sequences: at which rows a head looks, and what it should find there.
package final class LabelledBatch: TaskBatch {
    package let sequences: SequenceBatch
    private let rowNumbers: UnsafeMutablePointer<Int32>
    private let rowStarts: UnsafeMutablePointer<Int32>
    private(set) var rowCount = 0
    /// Class numbers or values, with starts of their own: a row has one, or a sequence has some.
    let targets: UnsafeMutablePointer<Float>
    private(set) var targetCount = 0

    var rows: SequenceRows { SequenceRows(rows: rowNumbers, starts: rowStarts, count: rowCount) }

    init(maximumSequences: Int, maximumLength: Int, arena: Arena) {
        sequences = SequenceBatch(maximumSequences: maximumSequences, maximumLength: maximumLength, arena: arena)
        rowNumbers = arena.array(of: Int32.self, count: sequences.maximumTokens)
        rowStarts = arena.array(of: Int32.self, count: maximumSequences + 1)
        targets = arena.array(of: Float.self, count: max(sequences.maximumTokens, 2 * maximumSequences))
    }

    package func reset() {
        sequences.reset()
        (rowCount, targetCount) = (0, 0)
    }

    func append(_ example: EncodedExample, key: Int) {
        let start = sequences.tokenCount
        sequences.append(key: key) { ids in
            example.ids.withUnsafeBufferPointer { ids.update(from: $0.baseAddress!, count: $0.count) }
            return (example.ids.count, example.firstSegmentLength)
        }
        for row in example.rows {
            rowNumbers[rowCount] = Int32(start) + row
            rowCount += 1
        }
        rowStarts[sequences.sequenceCount] = Int32(rowCount)
        for target in example.targets {
            targets[targetCount] = target
            targetCount += 1
        }
    }
}

/// A labelled sequence as a network reads it.
package struct EncodedExample: Sendable, Equatable {
    /// With [CLS] and every [SEP].
    package var ids: [Int32]
    /// Up to the first [SEP], which belongs to it.
    package var firstSegmentLength: Int
    /// Where a head looks, ascending; none for one that looks everywhere.
    package var rows: [Int32]
    /// One a row, or what else the head learns; empty where nothing is known.
    package var targets: [Float]

    package init(ids: [Int32], firstSegmentLength: Int, rows: [Int32], targets: [Float]) {
        self.ids = ids
        self.firstSegmentLength = firstSegmentLength
        self.rows = rows
        self.targets = targets
    }
}
