/// Levenshtein's distance: how many letters differ between what was typed and what may have been meant.
public func editDistance(_ a: String, _ b: String) -> Int {
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
