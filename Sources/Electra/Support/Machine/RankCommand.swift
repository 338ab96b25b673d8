/// What a rank was started as. Ranks of other versions, commands or options would meet in different places, or silently do
/// what rank 0 was told.
package struct RankCommand: Sendable, Equatable {
    package let version: String
    package let words: [String]
    package let host: String

    package init(version: String, words: [String], host: String) {
        self.version = version
        self.words = words
        self.host = host
    }

    /// As ranks send it to one another. Other versions of the program have to understand it: never change it.
    package var text: String { ([version, host] + words).joined(separator: "\u{0}") }

    package init(text: String) {
        let parts = text.split(separator: "\u{0}", omittingEmptySubsequences: false).map(String.init)
        self.init(version: parts[0], words: Array(parts.dropFirst(2)), host: parts.count > 1 ? parts[1] : "unknown")
    }

    /// Folders that may have another name on each host.
    private static let placeOptions = ["--data", "--from-discriminator", "--from-generator", "--from-run"]

    /// Each option and each value as a word, and the names of such folders left out.
    private var wordsToCompare: [String] {
        let parts = words.flatMap { word in
            word.hasPrefix("--") ? word.split(separator: "=", maxSplits: 1).map(String.init) : [word]
        }
        return parts.indices.map { $0 > 0 && Self.placeOptions.contains(parts[$0 - 1]) ? "..." : parts[$0] }
    }

    /// Why these ranks, in rank order, cannot work together; nil where they can.
    package static func refusal(of ranks: [RankCommand]) -> Failure? {
        let first = ranks[0]
        func refuse(_ rank: Int, _ what: String, _ one: String, _ other: String, _ remedy: String) -> Failure {
            .usage(
                "rank 0 on \(first.host) was started with \(what) \(one), rank \(rank) on \(ranks[rank].host) with \(other); "
                    + remedy)
        }
        for (rank, command) in ranks.enumerated() where command.version != first.version {
            return refuse(
                rank, "electra-dist", first.version, command.version, "install the same program on all hosts")
        }
        let expected = first.wordsToCompare
        for (rank, command) in ranks.enumerated() {
            let found = command.wordsToCompare
            guard found != expected else { continue }
            let place =
                zip(expected, found).enumerated().first { $1.0 != $1.1 }?.offset ?? min(expected.count, found.count)
            func shown(_ words: [String]) -> String {
                guard place < words.count else { return "no more" }
                // A value is shown with its option, and an option with its value.
                let isValue = place > 0 && !words[place].hasPrefix("-")
                let part = isValue ? place - 1...place : place...min(place + 1, words.count - 1)
                return "\"\(words[part].joined(separator: " "))\""
            }
            return refuse(
                rank, "the words", shown(expected), shown(found),
                "start all ranks with the same command; only the folders of \(placeOptions.joined(separator: ", ")) may differ"
            )
        }
        return nil
    }
}
