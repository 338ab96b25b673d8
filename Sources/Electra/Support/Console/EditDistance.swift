/// What was most likely meant by a word that was typed; nil where no candidate is near, for a far-fetched one misleads.
package func closest(to word: String, of candidates: [String]) -> String? {
    let distances = candidates.map { (candidate: $0, distance: editDistance($0, word)) }
    guard let closest = distances.min(by: { $0.distance < $1.distance }) else { return nil }
    return closest.distance <= max(1, word.utf8.count / 3) ? closest.candidate : nil
}

/// Levenshtein's distance: how many letters differ between what was typed and what may have been meant.
package func editDistance(_ a: String, _ b: String) -> Int {
    var row = Array(0...b.utf8.count)
    for (i, x) in a.utf8.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, y) in b.utf8.enumerated() {
            (diagonal, row[j + 1]) = (row[j + 1], min(diagonal + (x == y ? 0 : 1), row[j] + 1, row[j + 1] + 1))
        }
    }
    return row[b.utf8.count]
}
