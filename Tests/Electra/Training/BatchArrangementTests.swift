import Testing

@testable import ElectraTraining

/// Slices get about as many tokens each, whatever the lengths; and every example stands somewhere, once.
@Suite struct BatchArrangementTests {
    @Test(arguments: [(1, 1), (8, 1), (8, 8), (32, 4), (30, 5), (96, 6), (7, 7)])
    func everyExampleStandsOnce(batch: Int, slices: Int) {
        let arrangement = BatchArrangement(batch: batch, slices: slices)
        #expect((0..<batch).map(arrangement.drawn(at:)) == Array(0..<batch))
        for seed in 0..<20 {
            arrangement.arrange { ($0 * 7919 + seed * 104_729) % 37 }
            #expect((0..<batch).map(arrangement.drawn(at:)).sorted() == Array(0..<batch))
        }
    }

    @Test func theLongestAreDealtOutThereAndBack() {
        let lengths = [3, 9, 4, 7, 1, 8, 2, 6]
        let arrangement = BatchArrangement(batch: 8, slices: 2)
        arrangement.arrange { lengths[$0] }
        // 9 | 8, then 6 | 7 (back), 4 | 3, 1 | 2.
        #expect((0..<8).map { lengths[arrangement.drawn(at: $0)] } == [9, 6, 4, 1, 8, 7, 3, 2])
    }

    @Test func slicesAreEvenWhereLengthsAreNot() {
        let arrangement = BatchArrangement(batch: 32, slices: 4)
        let lengths = (0..<32).map { 5 + ($0 * 7919) % 97 }
        arrangement.arrange { lengths[$0] }
        let sums = (0..<4).map { slice in
            (0..<8).reduce(0) { $0 + lengths[arrangement.drawn(at: slice * 8 + $1)] }
        }
        #expect(sums.max()! - sums.min()! <= 8)
        // Of the same length, in the order of drawing.
        arrangement.arrange { _ in 5 }
        #expect([0, 8, 16, 24, 25].map(arrangement.drawn(at:)) == [0, 1, 2, 3, 4])
    }
}
