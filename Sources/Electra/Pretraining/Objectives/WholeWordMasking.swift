import ElectraKernels

extension Masking {
    /// Draws words, and takes all rows of each that still fits: in ascending order, at most so many; returns how many
    /// (google-research/bert, create_pretraining_data.py, do_whole_word_mask). Where none fits, the first one drawn is cut.
    func chooseWords(
        _ most: Int, of candidates: Int, _ candidate: UnsafeMutablePointer<Int32>, ids: UnsafePointer<Int32>,
        into rows: UnsafeMutablePointer<Int32>, draws: RandomStream
    ) -> Int {
        // Their first rows move to the front. A sequence may begin within a word.
        var words = 0
        for place in 0..<candidates where !goesOn(candidate[place], ids) {
            candidate[words] = candidate[place]
            words += 1
        }
        var count = 0
        func take(_ word: Int32, _ length: Int) {
            for row in word..<word + Int32(length) {
                Self.insert(row, into: rows, count: count)
                count += 1
            }
        }
        for place in 0..<words where count < most {
            let drawn = place + draws.integer(place, below: words - place)
            (candidate[place], candidate[drawn]) = (candidate[drawn], candidate[place])
            let length = length(ofWordAt: candidate[place], ids)
            if count + length <= most { take(candidate[place], length) }
        }
        if count == 0 && words > 0 { take(candidate[0], most) }
        return count
    }

    /// [CLS], the first row of a sequence, is no part of a word.
    private func goesOn(_ row: Int32, _ ids: UnsafePointer<Int32>) -> Bool {
        continuesWord[Int(ids[Int(row)])] && mayBeMasked(ids[Int(row) - 1])
    }

    /// [SEP], the last one, neither.
    private func length(ofWordAt row: Int32, _ ids: UnsafePointer<Int32>) -> Int {
        var end = Int(row) + 1
        while continuesWord[Int(ids[end])] { end += 1 }
        return end - Int(row)
    }
}
