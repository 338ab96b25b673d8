/// A question and what was answered.
package struct AnsweredQuestion: Sendable, Equatable {
    /// The right answers; none where the context has none (SQuAD 2.0).
    package let golds: [String]
    /// The best answer found; empty for none.
    package let text: String
    /// How much more is to be said for no answer than for the best one, on any scale that is the same for all
    /// questions.
    package let nullOdds: Double

    package init(golds: [String], text: String, nullOdds: Double = 0) {
        self.golds = golds
        self.text = text
        self.nullOdds = nullOdds
    }
}

/// Means over questions in percent, as SQuAD's evaluate-v1.1.py has them; 0 where there is no question.
package struct AnswerScores: Sendable, Equatable {
    package let questions: Int
    package let exact: Double
    package let f1: Double

    package init(_ questions: [AnsweredQuestion]) {
        self.init(questions.map(\.plainScore))
    }

    fileprivate init(_ scores: [AnswerScore]) {
        questions = scores.count
        let whole = Double(max(scores.count, 1))
        exact = 100 * scores.reduce(0) { $0 + $1.exact } / whole
        f1 = 100 * scores.reduce(0) { $0 + $1.f1 } / whole
    }
}

/// The scores of questions of which some have no answer, as SQuAD's evaluate-v2.0.py has them.
package struct OptionalAnswerScores: Sendable, Equatable {
    /// The largest score that a threshold reaches: with all texts taken for no answer whose null odds exceed it.
    package struct Best: Sendable, Equatable {
        package let score: Double
        package let threshold: Double
    }

    package let all: AnswerScores
    /// Of the questions that have an answer (HasAns); nil where there is none.
    package let answerable: AnswerScores?
    /// Of those that have none (NoAns).
    package let unanswerable: AnswerScores?
    package let bestExact: Best
    package let bestF1: Best

    /// Where null odds exceed the threshold, no answer is taken for the answer: --na-prob-thresh of the script, which
    /// is 1 there, as odds are probabilities.
    package init(_ questions: [AnsweredQuestion], threshold: Double = .infinity) {
        let scores = questions.map(\.score)
        let decided = zip(questions, scores).map { question, score in
            question.nullOdds > threshold ? AnswerScore(ofNone: question) : score
        }
        func mean(answerable: Bool) -> AnswerScores? {
            let part = zip(questions, decided).filter { $0.0.isAnswerable == answerable }.map(\.1)
            return part.isEmpty ? nil : AnswerScores(part)
        }
        all = AnswerScores(decided)
        answerable = mean(answerable: true)
        unanswerable = mean(answerable: false)
        bestExact = Self.best(questions, scores.map(\.exact))
        bestF1 = Self.best(questions, scores.map(\.f1))
    }

    /// `find_best_thresh`: with all questions unanswered those without an answer are right; then texts are let in,
    /// lowest null odds first, and of equal odds in the order of the questions. The threshold is the odds of the last
    /// one let in, or 0 where none is better. The script looks between equal odds too, where no threshold can cut.
    private static func best(_ questions: [AnsweredQuestion], _ scores: [Double]) -> Best {
        var sum = Double(questions.count { !$0.isAnswerable })
        var (best, threshold) = (sum, 0.0)
        let order = questions.indices.sorted { (questions[$0].nullOdds, $0) < (questions[$1].nullOdds, $1) }
        for index in order {
            if questions[index].isAnswerable {
                sum += scores[index]
            } else if !questions[index].text.isEmpty {
                sum -= 1
            }
            if sum > best { (best, threshold) = (sum, questions[index].nullOdds) }
        }
        return Best(score: 100 * best / Double(max(questions.count, 1)), threshold: threshold)
    }
}

/// Of one question, from 0 to 1.
private struct AnswerScore {
    let exact: Double
    let f1: Double

    init(exact: Bool, f1: Double) {
        self.exact = exact ? 1 : 0
        self.f1 = f1
    }

    /// Of having said that there is no answer.
    init(ofNone question: AnsweredQuestion) {
        self.init(exact: !question.isAnswerable, f1: question.isAnswerable ? 0 : 1)
    }
}

extension AnsweredQuestion {
    fileprivate var isAnswerable: Bool { !golds.isEmpty }

    /// By evaluate-v1.1.
    fileprivate var plainScore: AnswerScore {
        AnswerScore(exact: AnswerText.exactMatch(text, golds), f1: AnswerText.f1(text, golds, bothEmpty: 0))
    }

    /// By evaluate-v2.0, to which right answers without a word are none, and "" is right where there are no others.
    fileprivate var score: AnswerScore {
        let worded = golds.filter { !AnswerText.words($0).isEmpty }
        let golds = worded.isEmpty ? [""] : worded
        return AnswerScore(exact: AnswerText.exactMatch(text, golds), f1: AnswerText.f1(text, golds))
    }
}
