/// Numbers of tokens, ascending: "1e6,2e6", for a learning curve over what was seen.
package struct TokenMarks: Sendable, Equatable {
    private let counts: [Int]

    package init() { counts = [] }

    /// nil for other words.
    init?(_ words: String) {
        var counts: [Int] = []
        for word in words.split(separator: ",", omittingEmptySubsequences: false) where !words.isEmpty {
            guard let number = Double(word), let count = Int(exactly: number), count > counts.last ?? 0 else {
                return nil
            }
            counts.append(count)
        }
        self.counts = counts
    }

    var words: String {
        counts.map(String.init).joined(separator: ",")
    }

    /// Whether one is reached by going from `before` to `after` tokens.
    package func isReached(from before: Int, to after: Int) -> Bool {
        counts.contains { before < $0 && $0 <= after }
    }
}
