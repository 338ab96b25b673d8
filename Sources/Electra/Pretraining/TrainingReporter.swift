import ElectraModel
import ElectraSupport
import ElectraTraining
import Foundation

/// What rank 0 shows and writes while a run goes on: a live line on a terminal, plain lines elsewhere, metrics.jsonl.
final class TrainingReporter {
    private let log: MetricsLog
    private let steps: Int
    private let losses: [LossTerm]
    private let progress = ProgressLine("pretraining")
    private let clock = Stopwatch()
    // Of the steps since the last line of metrics: time in steps alone, evaluation and saving left out.
    private var stepClock = Stopwatch()
    private var windowSeconds = 0.0
    private var windowTokens = 0
    private var recent: Metrics?
    private var rate: Double?
    /// What was said of held-out figures last.
    private var words: FiguresInWords?

    init(log: MetricsLog, steps: Int, losses: [LossTerm]) {
        self.log = log
        self.steps = steps
        self.losses = losses
    }

    func begin(_ run: RunConfiguration, layout: ParameterLayout, ranks: Int, resumedAt: Int?) {
        let millions = Double(layout.count) / 1e6
        print(
            "\(run.preset): \(decimal(millions, 1)) M parameters; \(counted(ranks, "rank")) x "
                + "\(counted(run.housekeeping.threads, "thread")); batch \(run.division.batch) in \(counted(run.division.slices, "slice")); "
                + (resumedAt.map { "resumed after step \($0) of \(steps)" } ?? counted(steps, "step")))
        Self.flush()
        progress.announce(resumedAt == nil ? "drawing the initial weights" : "reading the checkpoint")
    }

    /// The first step may take a minute, and there is nothing to count before it is done.
    func beginStep(_ step: Int) {
        progress.start(at: Double(step - 1) / Double(steps))
        progress.announce(
            "computing step \(step) of \(steps)",
            plain:
                "pretraining  step \(step)/\(steps) is under way; from now on a line every 10 s, metrics in \(log.path)"
        )
        resumeClock()
    }

    /// Evaluations and checkpoints of large models take long, too.
    func evaluate(_ share: Double, step: Int) {
        progress.update(fraction: nil, detail: "step \(step)/\(steps)  evaluating  \(Int(100 * share)) %")
    }

    func save(_ step: Int) { progress.announce("step \(step)/\(steps)  saving") }

    /// What comes after it counts as step time.
    func resumeClock() { stepClock = Stopwatch() }

    func finishedStep(_ step: Int, _ result: StepResult) {
        windowSeconds += stepClock.seconds
        windowTokens += result.tokens
        resumeClock()
        progress.update(
            fraction: Double(step) / Double(steps), detail: detail(step, result, with: recent),
            shortDetail: detail(step, result, with: nil))
    }

    func log(
        _ metrics: Metrics, step: Int, _ result: StepResult, _ account: TrainingAccount?,
        _ communication: CommunicationReport?
    ) throws(Failure) {
        recent = metrics
        let rate = Double(windowTokens) / max(windowSeconds, 1e-9)
        self.rate = rate
        try log.append(
            MetricsLog.Entry(
                step: step, split: "train", metrics: metrics, gradientNorm: result.gradientNorm,
                learningRate: result.learningRate, account: account, communication: communication,
                tokensPerSecond: rate, seconds: clock.seconds))
        windowSeconds = 0
        windowTokens = 0
        resumeClock()
    }

    /// Says what the figures mean where that is news, and at the end.
    func logHeldOut(
        _ metrics: Metrics, step: Int, _ account: TrainingAccount?, in words: FiguresInWords
    ) throws(Failure) {
        try log.append(
            MetricsLog.Entry(
                step: step, split: "held_out", metrics: metrics, account: account, tokensPerSecond: rate ?? .nan,
                seconds: clock.seconds))
        progress.finish()
        print("step \(step)  held out: \(summary(metrics))")
        if step == steps || !words.isAt(self.words) {
            for sentence in words.sentences { print(folded(sentence, indentation: "  ")) }
        }
        self.words = words
        Self.flush()
        resumeClock()
    }

    /// Where the output goes to a file, it is read while the run goes on.
    private static func flush() { fflush(nil) }

    /// At the end of a run without evaluations: of its last steps.
    func sayOfTraining(_ metrics: Metrics, step: Int, in words: FiguresInWords) {
        let sentences = words.sentences.map { folded($0, indentation: "  ") }
        say((["step \(step)  training: \(summary(metrics))"] + sentences).joined(separator: "\n"))
    }

    func finish() { progress.finish() }

    /// A line of its own, clear of the live one.
    func say(_ text: String) {
        progress.finish()
        print(text)
        Self.flush()
    }

    /// "MLM 5.849 (12.6 %)  RTD 0.3082 (86.4 %)  AUC 0.612".
    private func summary(_ metrics: Metrics) -> String {
        let losses = losses.map { $0.words(metrics[$0.metric], accuracy: metrics[$0.accuracy]) }
        let area = metrics.discAUC.isNaN ? [] : ["AUC \(decimal(metrics.discAUC, 3))"]
        return (losses + area).joined(separator: "  ")
    }

    /// "step 400/2000  MLM 5.849 (12.6 %)  RTD 0.3082 (86.4 %)  9000 tokens/s": losses of the step, accuracies of `recent`.
    private func detail(_ step: Int, _ result: StepResult, with recent: Metrics?) -> String {
        let rate = windowSeconds > 0 ? Double(windowTokens) / windowSeconds : self.rate ?? 0
        let losses = losses.enumerated().map { $1.words(result.losses[$0], accuracy: recent?[$1.accuracy]) }
        return "step \(step)/\(steps)  \(losses.joined(separator: "  "))  \(Int(rate)) tokens/s"
    }
}
