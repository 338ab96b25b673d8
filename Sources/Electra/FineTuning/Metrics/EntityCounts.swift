/// How many entities of a data set are found, overall and of each type: what conlleval prints, as fractions. An entity
/// is right where its type and all of its words are.
package struct EntityCounts: Sendable, Equatable {
    package struct Counts: Sendable, Equatable {
        /// Of those found.
        package var right = 0
        package var found = 0
        package var expected = 0

        package init() {}

        package var precision: Double { ratio(right, found) }
        package var recall: Double { ratio(right, expected) }
        /// 2 precision recall / (precision + recall).
        package var f1: Double { ratio(2 * right, found + expected) }
    }

    /// Of entities of any type (the micro average).
    package private(set) var overall = Counts()
    private var counts: [String: Counts] = [:]
    private var words = 0
    private var rightWords = 0

    package init() {}

    /// The tags of a sentence, as long as it is.
    package mutating func add(expected: [String], predicted: [String]) {
        precondition(expected.count == predicted.count, "a tag for each word")
        words += expected.count
        rightWords += zip(expected, predicted).count { Tag($0) == Tag($1) }
        let expected = Entities.found(in: expected)
        let found = Entities.found(in: predicted)
        for entity in expected { count(entity, \.expected) }
        for entity in found { count(entity, \.found) }
        for entity in Set(expected).intersection(found) { count(entity, \.right) }
    }

    private mutating func count(_ entity: Entity, _ kind: WritableKeyPath<Counts, Int>) {
        overall[keyPath: kind] += 1
        counts[entity.type, default: Counts()][keyPath: kind] += 1
    }

    /// In the order of their names.
    package var byType: [(type: String, counts: Counts)] {
        counts.sorted { $0.key < $1.key }.map { (type: $0.key, counts: $0.value) }
    }

    /// Of all words, how many have the right tag: those outside of entities too.
    package var wordAccuracy: Double { ratio(rightWords, words) }
}
