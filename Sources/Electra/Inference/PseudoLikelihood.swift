import ElectraCorpus

/// How likely a generator finds each token of a text among the others: the token is masked, and so are the later ones of its
/// word, which would give it away,
///
///     log p(token | the text without it and what follows it in its word)
///
/// whose sum is the pseudo-log-likelihood of the text (J. Salazar et al., 2020, "Masked language model scoring", eq. 2; words
/// masked from left to right as C. Kauf and A. Ivanova, 2023, "A better way to do masked language model scoring", section 3,
/// PLL-word-l2r). A text of n tokens goes through the network n times. Not Sendable: one for each thread.
final class PseudoLikelihood {
    private let pass: ForwardPass

    init(_ network: PretrainedNetwork) {
        // So many copies of a short text fill a pass.
        pass = ForwardPass(network, mostPredicted: 64)
    }

    /// One number a token.
    func logProbabilities(of texts: [[Int32]]) -> [[Double]] {
        var found = texts.map { [Double](repeating: 0, count: $0.count) }
        var pending: [(text: Int, token: Int)] = []
        func flush() {
            guard !pending.isEmpty else { return }
            pass.run()
            for (index, copy) in pending.enumerated() {
                found[copy.text][copy.token] = pass.logProbability(of: texts[copy.text][copy.token], index)
            }
            pending = []
            pass.reset()
        }
        for (number, ids) in texts.enumerated() {
            let ends = wordEnds(ids)
            for window in TextWindow.covering(text: number, count: ids.count, room: pass.room) {
                for token in window.read {
                    if !pass.hasRoom(forTokens: window.tokens.count, predicted: 1) { flush() }
                    let rest = token..<min(ends[token], window.tokens.upperBound)
                    pass.append(ids[window.tokens], masked: Array(rest), predicted: [token])
                    pending.append((number, token))
                }
            }
        }
        flush()
        return found
    }

    /// For each token, where its word ends.
    private func wordEnds(_ ids: [Int32]) -> [Int] {
        var ends = Array(1..<ids.count + 1)
        for token in ids.indices.dropLast().reversed() where pass.network.vocabulary.continuesWord(ids[token + 1]) {
            ends[token] = ends[token + 1]
        }
        return ends
    }
}
