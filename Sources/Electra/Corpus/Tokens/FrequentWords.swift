/// The commonest of a stream of words, in bounded memory: J. Misra and D. Gries (Finding repeated elements, 1982), as
/// P. Agarwal et al. (Mergeable summaries, 2012) add up such counts.
///
/// Where there are too many different words, all counts are lowered until half of the places are free. So no count is
/// too high, and none too low by more than one in `places` of all words: the commonest stay. The order of what is added
/// decides, so batches are added in the order of the corpus.
///
/// Handed from the worker to the consumer and never shared, hence Sendable.
final class FrequentWords: @unchecked Sendable {
    private let places: Int
    /// Of all words, also of those that are forgotten.
    private(set) var total = 0
    /// Most batches of good data never need one.
    private var table: WordTable?

    init(places: Int = 1 << 16) {
        self.places = places
    }

    /// Different words that are remembered.
    var count: Int { table?.count ?? 0 }

    func add(_ word: UnsafeBufferPointer<UInt8>, times: Int = 1) {
        total += times
        insert(word, times)
    }

    func add(_ other: FrequentWords) {
        total += other.total
        other.table?.forEach { insert($0, $1) }
    }

    /// The most frequent first; equal ones by their bytes.
    func commonest(_ wanted: Int) -> [(word: String, count: Int)] {
        var words: [(word: String, count: Int)] = []
        table?.forEachSorted { words.append((String(decoding: $0, as: UTF8.self), $1)) }
        let ranked = words.indices.sorted { (words[$1].count, $0) < (words[$0].count, $1) }
        return ranked.prefix(wanted).map { words[$0] }
    }

    private func insert(_ word: UnsafeBufferPointer<UInt8>, _ times: Int) {
        let table = self.table ?? WordTable()
        self.table = table
        table.add(word, times: times)
        if table.count > places { prune() }
    }

    private func prune() {
        guard let old = table else { return }
        var counts: [Int] = []
        old.forEach { counts.append($1) }
        counts.sort(by: >)
        let lowered = counts[places / 2]
        let fresh = WordTable()
        old.forEach { word, count in
            if count > lowered { fresh.add(word, times: count - lowered) }
        }
        table = fresh
    }
}
