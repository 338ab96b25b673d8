package import ElectraCorpus

/// A small data set of the named files.
package func prepare(
    _ place: Workplace, _ corpus: [String], output: String = "data", _ change: (inout PrepareCorpus) -> Void = { _ in },
    note: @escaping (String) -> Void = { _ in }
) throws -> DataSet {
    var preparation = PrepareCorpus(corpus: corpus.map(place.file), output: place.file(output))
    preparation.maximumLength = 32
    preparation.threads = 1
    preparation.vocabularySize = 200
    change(&preparation)
    _ = try preparation.run(note: note)
    return try DataSet(place.file(output))
}
