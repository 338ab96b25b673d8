import ElectraFineTuning
import ElectraSupport
import Testing

/// Against seqeval, and the rules of conlleval.
struct EntitiesTests {
    @Test func entities() throws {
        for expected in try metricCases("entities") {
            let entities = try expected.cases("entities").map { entity in
                let parts = try #require(entity.list)
                let begin = try #require(parts[1].integer), end = try #require(parts[2].integer)
                return Entity(type: try #require(parts[0].text), words: begin..<end)
            }
            #expect(Entities.found(in: try expected.texts("tags")) == entities, "\(expected.compact)")
        }
    }

    @Test func counts() throws {
        for expected in try metricCases("entity_counts") {
            var counts = EntityCounts()
            for sentence in try expected.cases("sentences") {
                counts.add(expected: try sentence.texts("expected"), predicted: try sentence.texts("predicted"))
            }
            try check(counts.overall, try #require(expected["overall"]))
            #expect(agree(counts.wordAccuracy, try expected.number("accuracy")))
            let types = try expected.cases("types")
            #expect(counts.byType.map(\.type) == (try types.map { try $0.text("type") }))
            for (counts, expected) in zip(counts.byType, types) { try check(counts.counts, expected) }
        }
    }

    private func check(_ counts: EntityCounts.Counts, _ expected: JSON) throws {
        #expect(counts.right == (try expected.integer("right")), "\(expected.compact)")
        #expect(counts.found == (try expected.integer("found")), "\(expected.compact)")
        #expect(counts.expected == (try expected.integer("expected")), "\(expected.compact)")
        #expect(agree(counts.precision, try expected.number("precision")))
        #expect(agree(counts.recall, try expected.number("recall")))
        #expect(agree(counts.f1, try expected.number("f1")))
    }
}
