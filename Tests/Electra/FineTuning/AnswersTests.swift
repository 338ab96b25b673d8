import ElectraFineTuning
import ElectraSupport
import Testing

/// Against SQuAD's evaluate-v1.1 and evaluate-v2.0.
struct AnswersTests {
    @Test func answers() throws {
        for expected in try metricCases("answers") {
            let (prediction, golds) = (try expected.text("prediction"), try expected.texts("golds"))
            let about: Comment = "\(expected.compact)"
            // Swift takes two spellings of an accented letter for the same.
            let normalized = AnswerText.normalized(prediction)
            #expect(normalized.unicodeScalars.elementsEqual(try expected.text("normalized").unicodeScalars), about)
            #expect(AnswerText.exactMatch(prediction, golds) == (try expected.flag("exact")), about)
            // To the bit.
            #expect(AnswerText.f1(prediction, golds, bothEmpty: 0) == (try expected.number("f1_of_version_1")), about)
            #expect(AnswerText.f1(prediction, golds) == (try expected.number("f1_of_version_2")), about)
        }
    }

    @Test func withoutRightAnswers() {
        #expect(!AnswerText.exactMatch("", []) && AnswerText.f1("", []) == 0)
    }

    @Test func scores() throws {
        for expected in try metricCases("answer_sets") {
            let questions = try expected.cases("questions").map {
                AnsweredQuestion(
                    golds: try $0.texts("golds"), text: try $0.text("text"), nullOdds: try $0.number("odds"))
            }
            if let expected = expected["version_1"] { try check(AnswerScores(questions), expected) }
            for expected in try expected.cases("version_2") {
                let threshold = try expected.number("threshold")
                let scores = OptionalAnswerScores(questions, threshold: threshold.isNaN ? .infinity : threshold)
                try check(scores.all, expected)
                try check(scores.answerable, expected, group: "HasAns_")
                try check(scores.unanswerable, expected, group: "NoAns_")
                #expect(agree(scores.bestExact.score, try expected.number("best_exact"), within: 1e-10))
                #expect(agree(scores.bestF1.score, try expected.number("best_f1"), within: 1e-10))
                #expect(scores.bestExact.threshold == (try expected.number("best_exact_thresh")))
                #expect(scores.bestF1.threshold == (try expected.number("best_f1_thresh")))
            }
        }
    }

    @Test func noQuestions() {
        #expect(AnswerScores([]) == OptionalAnswerScores([]).all)
        #expect(AnswerScores([]).questions == 0 && AnswerScores([]).exact == 0 && AnswerScores([]).f1 == 0)
        #expect(OptionalAnswerScores([]).bestF1.score == 0)
    }

    private func check(_ scores: AnswerScores?, _ expected: JSON, group: String = "") throws {
        guard let scores else {
            #expect(expected[group + "exact"] == nil)
            return
        }
        #expect(agree(scores.exact, try expected.number(group + "exact"), within: 1e-10))
        #expect(agree(scores.f1, try expected.number(group + "f1"), within: 1e-10))
        if !group.isEmpty { #expect(scores.questions == (try expected.integer(group + "total"))) }
    }
}
