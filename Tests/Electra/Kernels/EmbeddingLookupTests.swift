import TestSupport
import Testing

@testable import ElectraKernels

/// Rows looked up and added back: embeddings, and the selection of the masked positions.
struct EmbeddingLookupTests {
    let arena = Arena()

    /// Two sequences of unequal length, the first with two segments, ids that repeat.
    private func batch(ids: [Int32]) -> SequenceBatch {
        let batch = SequenceBatch(maximumSequences: 2, maximumLength: 7, arena: arena)
        batch.append(key: 0) { memory in
            memory.update(from: Array(ids[..<7]), count: 7)
            return (7, 4)
        }
        batch.append(key: 1) { memory in
            memory.update(from: Array(ids[7...]), count: 3)
            return (3, 3)
        }
        return batch
    }

    private static let positions: [Int32] = [0, 1, 2, 3, 4, 5, 6, 0, 1, 2]
    private static let segments: [Int32] = [0, 0, 0, 0, 1, 1, 1, 0, 0, 0]

    @Test(arguments: [1, 3, 17, 33, 65, 130])
    func forwardAndBackward(_ width: Int) {
        var random = RandomNumbers(seed: width)
        let ids = random.integers(10, below: 5)
        let batch = batch(ids: ids)
        let (word, position, type) = (
            random.normals(5 * width), random.normals(7 * width), random.normals(2 * width)
        )
        func lookUp(word: [Double], position: [Double], type: [Double]) -> [Double] {
            Reference.sum(
                Reference.sum(
                    Reference.gather(word, rows: ids, columns: width),
                    Reference.gather(position, rows: Self.positions, columns: width)),
                Reference.gather(type, rows: Self.segments, columns: width))
        }

        var y = arena.untouchedTensor(rows: 10, columns: width)
        EmbeddingLookup.forward(
            into: &y, ids: batch.ids, batch: batch, word: arena.tensor(word, columns: width),
            position: arena.tensor(position, columns: width), type: arena.tensor(type, columns: width))
        expectClose(
            y.checkedValues(), lookUp(word: doubles(word), position: doubles(position), type: doubles(type)),
            bound: roundingBound(terms: 3), "y")

        let dy = random.normals(10 * width)
        let start = (random.normals(word.count), random.normals(position.count), random.normals(type.count))
        var dWord = arena.tensor(start.0, columns: width)
        var dPosition = arena.tensor(start.1, columns: width)
        var dType = arena.tensor(start.2, columns: width)
        EmbeddingLookup.backward(
            addingWord: &dWord, addingPosition: &dPosition, addingType: &dType,
            dy_TE: arena.tensor(dy, columns: width), ids: batch.ids, batch: batch)
        let tables = (doubles(word), doubles(position), doubles(type))
        let bound = roundingBound(terms: 10)
        expectGradient(dWord.checkedValues(), startingFrom: start.0, at: word, bound: bound, "words") {
            weightedSum(lookUp(word: $0, position: tables.1, type: tables.2), dy)
        }
        expectGradient(dPosition.checkedValues(), startingFrom: start.1, at: position, bound: bound, "positions") {
            weightedSum(lookUp(word: tables.0, position: $0, type: tables.2), dy)
        }
        expectGradient(dType.checkedValues(), startingFrom: start.2, at: type, bound: bound, "segments") {
            weightedSum(lookUp(word: tables.0, position: tables.1, type: $0), dy)
        }
    }

    @Test(arguments: [1, 3, 17, 33, 65, 130])
    func selectedRowsAndBack(_ columns: Int) {
        var random = RandomNumbers(seed: columns)
        let x = random.normals(9 * columns)
        let rows: [Int32] = [0, 3, 4, 8]
        var y = arena.untouchedTensor(rows: 4, columns: columns)
        RowSelection.gather(
            into: &y, from: arena.tensor(x, columns: columns), rows: arena.copy(rows), count: 4)
        #expect(doubles(y.checkedValues()) == Reference.gather(doubles(x), rows: rows, columns: columns))

        let dy = random.normals(4 * columns)
        let start = random.normals(x.count)
        var dx = arena.tensor(start, columns: columns)
        RowSelection.scatter(
            adding: &dx, from: arena.tensor(dy, columns: columns), rows: arena.copy(rows), count: 4)
        expectGradient(dx.checkedValues(), startingFrom: start, at: x, bound: roundingBound(terms: 1), "x") {
            weightedSum(Reference.gather($0, rows: rows, columns: columns), dy)
        }
    }

    @Test(arguments: [[0, 3, 4, 8], [2], [5, 6], [0, 1, 2, 3, 4, 5, 6, 7, 8], []] as [[Int32]])
    func selectedRowsInPlaceAndBack(_ rows: [Int32]) {
        let columns = 17
        var random = RandomNumbers(seed: rows.count)
        let x = random.normals(9 * columns)
        let chosen = SequenceRows(
            rows: arena.copy(rows), starts: arena.copy([0, Int32(rows.count)]), count: rows.count)
        var y = arena.tensor(x, columns: columns)
        RowSelection.gather(inPlace: &y, chosen)
        let front = Array(y.checkedValues().prefix(rows.count * columns))
        #expect(doubles(front) == Reference.gather(doubles(x), rows: rows, columns: columns))

        RowSelection.scatter(inPlace: &y, chosen, rows: 9)
        let expected = x.indices.map { rows.contains(Int32($0 / columns)) ? x[$0] : 0 }
        #expect(y.checkedValues() == expected)
    }
}
